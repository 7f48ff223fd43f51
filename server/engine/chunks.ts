import { AppError } from '../errors.ts'

const [carriageReturn, lineFeed] = [13, 10]
/** Hex digits of a chunk's size: 15 TiB. */
const maximumDigits = 11

/** What is next to come. */
type Expected = 'size' | 'size end' | 'data' | 'data end' | 'data end 2' | 'last' | 'last 2' | 'nothing'

/**
 * Follows chunked framing (RFC 9112, section 7.1) without taking it apart, so that it can be handed on as it came.
 * Extensions and trailers are refused: no engine sends any, and readers disagree about them.
 */
export class ChunkFollower {
  private expected: Expected = 'size'
  private size = 0
  private digits = 0

  /** Whether the last chunk has come whole. */
  get isOver(): boolean {
    return this.expected === 'nothing'
  }

  /**
   * @param data told the beginning and end of what of a body is in these bytes
   * @returns how many of the bytes belong to the body: fewer than all only when it is over.
   * Throws engine_answer_invalid.
   */
  follow(bytes: Buffer, data?: (start: number, end: number) => void): number {
    let at = 0
    while (at < bytes.length && this.expected !== 'nothing') {
      if (this.expected === 'data') {
        const end = Math.min(bytes.length, at + this.size)
        data?.(at, end)
        this.size -= end - at
        at = end
        if (this.size === 0) this.expected = 'data end'
      } else this.step(bytes[at++] as number)
    }
    return at
  }

  private step(byte: number): void {
    if (this.expected === 'size') {
      const digit = digitOf(byte)
      if (digit >= 0 && this.digits < maximumDigits) {
        this.size = this.size * 16 + digit
        this.digits++
      } else if (byte === carriageReturn && this.digits > 0) this.expected = 'size end'
      else throw invalid(byte)
      return
    }
    const isReturn = this.expected === 'data end' || this.expected === 'last'
    if (byte !== (isReturn ? carriageReturn : lineFeed)) throw invalid(byte)
    if (this.expected === 'size end') this.expected = this.size === 0 ? 'last' : 'data'
    else if (this.expected === 'data end') this.expected = 'data end 2'
    else if (this.expected === 'last') this.expected = 'last 2'
    else if (this.expected === 'last 2') this.expected = 'nothing'
    else this.expected = 'size'
    this.digits = 0
  }
}

/** -1 for what is no hex digit. */
function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const small = byte | 32
  return small >= 97 && small <= 102 ? small - 87 : -1
}

const invalid = (byte: number) =>
  new AppError('engine_answer_invalid', { detail: `Byte ${byte} in the framing of its chunks` })
