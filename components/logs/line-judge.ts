import type { LogSource } from '#lib/contracts/logs.ts'
import type { LineFilter } from '#lib/logs/filter.ts'
import type { StoredLine } from './format-line.ts'

/** Milliseconds in which the lines at hand have to be judged; a filter that takes longer is given up. */
const judgingMs = 1500

/** Hides lines: those that the filter does not keep, and those of sources that are muted. */
export class LineJudge {
  #filter: LineFilter | null = null
  #isMuted: (source: LogSource) => boolean = () => false
  readonly #now: () => number

  constructor(now = () => performance.now()) {
    this.#now = now
  }

  use(filter: LineFilter | null, isMuted: (source: LogSource) => boolean): void {
    this.#filter = filter
    this.#isMuted = isMuted
  }

  /**
   * @param isAll what was known of lines before is about others now
   * @returns false where the filter took too long: it is not used any more, and every line has to be judged again
   */
  judge(lines: readonly StoredLine[], sources: readonly LogSource[], isAll: boolean): boolean {
    if (isAll) this.#filter?.reset()
    const until = this.#now() + judgingMs
    for (const line of lines) {
      const source = sources[line.source]
      line.hidden = source !== undefined && this.#isMuted(source)
      if (line.hidden || line.kind === 'gap' || !this.#filter) continue
      line.hidden = !this.#filter.matches(line.source, line.text)
      if (this.#now() < until) continue
      this.#filter = null
      return false
    }
    return true
  }

  /** Lines at hand, and how many are shown; null where nothing is filtered. */
  count(lines: readonly StoredLine[]): { shown: number; all: number } | null {
    const shown = lines.reduce((count, line) => count + (line.hidden ? 0 : 1), 0)
    return this.#filter !== null || shown < lines.length ? { shown, all: lines.length } : null
  }
}
