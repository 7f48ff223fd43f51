import type { LogSource } from '#lib/contracts/logs.ts'
import type { StoredLine } from './format-line.ts'
import { type LogPlace, sourceRef } from './log-place.ts'

/** Lines that are shown after the place that a link leads to, and each time the reader comes to their end. */
export const linesAfter = 200
/** Milliseconds in which the lines after that place come. */
const settleMs = 500

/** Finds the line that a link leads to among those that come; some lines later it says so, once. */
export class PlaceSeeker {
  #place: LogPlace | null
  /** Lines of its very time and source that came. */
  #same = 0
  #found: { line: StoredLine; left: number; timer: ReturnType<typeof setTimeout> } | null = null
  readonly #onFound: (line: StoredLine) => void

  constructor(place: LogPlace | null, onFound: (line: StoredLine) => void) {
    this.#place = place
    this.#onFound = onFound
  }

  /** @param lines that are shown now, in their order */
  pass(lines: readonly StoredLine[], sources: readonly LogSource[]): void {
    if (this.#found) {
      this.#found.left -= lines.length
      if (this.#found.left <= 0) this.#tell()
    }
    for (const line of lines) {
      if (!this.#place) return
      if (!this.#isReached(this.#place, line, sources)) continue
      this.#place = null
      this.#found = { line, left: linesAfter, timer: setTimeout(() => this.#tell(), settleMs) }
    }
  }

  stop(): void {
    this.#place = null
    clearTimeout(this.#found?.timer)
    this.#found = null
  }

  /** The line itself, or the first after it where it is gone or hidden. */
  #isReached(place: LogPlace, line: StoredLine, sources: readonly LogSource[]): boolean {
    if (line.kind !== 'line') return false
    const time = BigInt(line.time)
    if (place.source === null) return !line.hidden && time >= place.time
    const source = sources[line.source]
    const isSame = time === place.time && source !== undefined && sourceRef(source) === place.source
    const nth = isSame ? this.#same++ : -1
    return !line.hidden && (time > place.time || nth >= place.nth)
  }

  #tell(): void {
    const { line } = this.#found ?? {}
    this.stop()
    if (line) this.#onFound(line)
  }
}
