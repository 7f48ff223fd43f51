import type { LogSource } from '#lib/contracts/logs.ts'
import { dayOf, formatLine, formatMark, gutterWidth, type LogLook, type StoredLine } from './format-line.ts'

export interface LogWords {
  gap(from: string, to: string): string
  /** @param day as YYYY-MM-DD */
  day(day: string): string
  started(name: string, time: string): string
}

/** A row of the terminal (which it may wrap), and the line that it shows; null for a mark between lines. */
export interface WrittenRow {
  text: string
  line: StoredLine | null
}

/** Writes lines one after another, with the marks between them: where a day begins, and where a container started anew. */
export class LogWriter {
  #day: string
  readonly #times = new Map<number, bigint>()
  readonly #look: LogLook
  readonly #words: LogWords
  /** Nanoseconds of each start that is known of, by source, in order. */
  readonly #startsOf: (source: number) => readonly bigint[]

  constructor(look: LogLook, words: LogWords, startsOf: (source: number) => readonly bigint[], now: number) {
    this.#look = look
    this.#words = words
    this.#startsOf = startsOf
    this.#day = dayOf(String(BigInt(now) * 1_000_000n), look.timestamps)
  }

  write(lines: readonly StoredLine[], sources: readonly LogSource[], columns: number): WrittenRow[] {
    const width = gutterWidth(sources, columns)
    const rows: WrittenRow[] = []
    for (const line of lines) {
      // A start is told before the first line that is shown after it, also where the filter hides those in between.
      const start = line.kind === 'line' ? this.#startBefore(line) : null
      if (line.hidden) continue
      if (line.kind === 'line') {
        const day = dayOf(line.time, this.#look.timestamps)
        if (day !== this.#day) rows.push(this.#mark(this.#words.day(day)))
        this.#day = day
        const name = sources[line.source]?.name ?? ''
        if (start !== null) rows.push(this.#mark(this.#words.started(name, String(start))))
        this.#times.set(line.source, BigInt(line.time))
      }
      const gap = line.kind === 'gap' ? this.#words.gap(line.from, line.to) : ''
      rows.push({ text: formatLine(line, sources, width, this.#look, gap), line })
    }
    return rows
  }

  #startBefore(line: StoredLine & { kind: 'line' }): bigint | null {
    const before = this.#times.get(line.source)
    if (before === undefined) {
      if (line.hidden) this.#times.set(line.source, BigInt(line.time))
      return null
    }
    const time = BigInt(line.time)
    const whole = time % second === 0n
    // Podman's times are whole seconds: the first line of a run seems to be before its start.
    const seen = (start: bigint) => (whole ? start - (start % second) : start)
    const since = this.#startsOf(line.source).findLast((start) => before < seen(start) && seen(start) <= time)
    return since ?? null
  }

  #mark(text: string): WrittenRow {
    return { text: formatMark(text, this.#look.theme), line: null }
  }
}

const second = 1_000_000_000n
