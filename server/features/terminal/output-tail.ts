/**
 * The last bytes of a terminal's output, for who comes back to it. Positions count from the terminal's first byte.
 */
export class OutputTail {
  private readonly most: number
  private pieces: Buffer[] = []
  private size = 0
  private written = 0

  /** @param most bytes that are kept */
  constructor(most: number) {
    this.most = most
  }

  add(bytes: Buffer): void {
    this.pieces.push(bytes)
    this.size += bytes.length
    this.written += bytes.length
    for (let first = this.pieces[0]; first && this.size - first.length >= this.most; first = this.pieces[0]) {
      this.pieces.shift()
      this.size -= first.length
    }
  }

  /**
   * What was written since `position`, as far as it is kept. Where some of it is not, it begins with a line: half an escape
   * sequence or half a letter would garble what follows.
   */
  since(position: number): { from: number; bytes: Buffer } {
    const kept = Buffer.concat(this.pieces)
    const first = this.written - kept.length
    // More than was ever written is of another terminal.
    if (position >= first && position <= this.written)
      return { from: position, bytes: kept.subarray(position - first) }
    const line = first === 0 ? -1 : kept.indexOf('\n')
    return { from: first + line + 1, bytes: kept.subarray(line + 1) }
  }
}
