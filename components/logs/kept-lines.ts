import type { LogBegin, LogRow } from '#lib/contracts/logs.ts'
import type { StoredLine } from './format-line.ts'

/** Lines in sight and above; older ones go, and can be loaded again. */
export const keptLines = 10_000

/**
 * The lines that the page has, in time order. Of those beyond the limit the ones that the filter hides go first: what
 * one looks for stays while a busy log runs by.
 */
export class KeptLines {
  #lines: StoredLine[] = []
  /** Lines of one time that come before the first one of a source. */
  readonly #before = new Map<number, LogBegin>()

  all(): readonly StoredLine[] {
    return this.#lines
  }

  begin(source: number, begin: LogBegin): void {
    this.#before.set(source, begin)
  }

  /** @returns how many went for them, of those in sight */
  push(lines: readonly StoredLine[]): number {
    for (const line of lines) this.#lines.push(line)
    let over = this.#lines.length - keptLines
    if (over <= 0) return 0
    // In larger steps than one line each time: what stays is copied.
    over += Math.min(500, keptLines / 20)
    const hidden = this.#lines.reduce((count, line) => count + (line.hidden ? 1 : 0), 0)
    let hiddenLeft = Math.min(hidden, over)
    let shownLeft = Math.max(0, this.#lines.length - keptLines - hidden)
    const dropped = shownLeft
    const seen = new Set<number>()
    this.#lines = this.#lines.filter((line) => {
      const goes = line.hidden ? hiddenLeft-- > 0 : shownLeft-- > 0
      if (goes && !seen.has(line.source)) this.#passed(line)
      if (!goes) seen.add(line.source)
      return !goes
    })
    return dropped
  }

  /** Puts older lines before the others. */
  prepend(rows: readonly StoredLine[]): void {
    this.#lines = [...rows, ...this.#lines]
      .sort((a, b) => compare(timeOf(a), timeOf(b)))
      .slice(0, 2 * keptLines)
  }

  /** The place of a source's first line, and how many there are from it on; for asking for those before. */
  first(source: number): (LogBegin & { shown: number }) | null {
    const own = this.#lines.filter((line) => line.source === source && line.kind === 'line')
    const [line] = own
    if (line?.kind !== 'line') return null
    const before = this.#before.get(source)
    const skip = before?.time === line.time ? before.skip : 0
    return { time: line.time, skip, shown: own.length }
  }

  /** Which of its source's lines of that time it is. */
  nth(line: StoredLine): number {
    if (line.kind !== 'line') return 0
    const { source, time } = line
    const before = this.#before.get(source)
    const same = this.#lines.filter(
      (other) => other.kind === 'line' && other.source === source && other.time === time,
    )
    return (before?.time === time ? before.skip : 0) + Math.max(0, same.indexOf(line))
  }

  /** Podman tells whole seconds: how many lines of its time came before the first one left says which one it is. */
  #passed(line: StoredLine): void {
    if (line.kind !== 'line') return
    const { source, time } = line
    const before = this.#before.get(source)
    this.#before.set(source, { time, skip: (before?.time === time ? before.skip : 0) + 1 })
  }
}

export const toLine = ([source, time, stream, text]: LogRow): StoredLine => ({
  kind: 'line',
  source,
  time,
  stream,
  text,
})

const timeOf = (line: StoredLine) => BigInt(line.kind === 'line' ? line.time : line.from)
const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)
