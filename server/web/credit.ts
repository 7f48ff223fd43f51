/**
 * Credit of a reader who says what it has taken. What it says counts only as far as the network has taken it too, or it
 * would be given without end to who reads nothing.
 */
export class Credit {
  private handed = 0
  private delivered = 0
  private claimed = 0
  private given = 0
  private readonly give: (amount: number) => void

  /** @param give told of each amount that is taken by both accounts */
  constructor(give: (amount: number) => void) {
    this.give = give
  }

  /** So much is handed to the network. Returns what to call when that has taken it. */
  hand(amount: number): () => void {
    this.handed += amount
    return () => {
      this.delivered += amount
      this.settle()
    }
  }

  /** The reader says that it has taken so much. */
  claim(amount: number): void {
    this.claimed = Math.min(this.claimed + amount, this.handed)
    this.settle()
  }

  private settle(): void {
    const amount = Math.min(this.claimed, this.delivered) - this.given
    if (amount <= 0) return
    this.given += amount
    this.give(amount)
  }
}
