import { type LogLevel, lineLevel } from './line.ts'
import { plainLogLine } from './sanitise.ts'

export const logFilterModes = ['text', 'notText', 'regex', 'notRegex'] as const
export type LogFilterMode = (typeof logFilterModes)[number]
/** From the gravest on. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const satisfies readonly LogLevel[]

/** Which lines are kept: those that have the text (or match, or neither), and are at least of the level. */
export interface LogFilter {
  /** Text, capitals or not; or an expression as it is written. */
  keep: string
  mode: LogFilterMode
  level: LogLevel | null
}

export const isFiltering = ({ keep, level }: LogFilter) => keep !== '' || level !== null
export const isPattern = ({ mode }: Pick<LogFilter, 'mode'>) => mode === 'regex' || mode === 'notRegex'

/** A stack trace goes on with lines that are indented, and with these. */
const continuation = /^(?:\s|Caused by:|\.\.\. \d+ more|Traceback \(most recent)/

/** Judges lines in the order of each source: what continues a line with a level is of that level. */
export class LineFilter {
  readonly #filter: LogFilter
  readonly #contains: ((text: string) => boolean) | null
  readonly #levels = new Map<number, LogLevel | null>()

  /** @param test of the expression, where the mode asks for one */
  constructor(filter: LogFilter, test: ((text: string) => boolean) | null) {
    this.#filter = filter
    const { keep, mode } = filter
    if (keep === '') this.#contains = null
    else if (isPattern(filter)) {
      if (!test) throw new Error('An expression was not compiled.')
      this.#contains = mode === 'regex' ? test : (text) => !test(text)
    } else {
      const wanted = keep.toLowerCase()
      this.#contains = (text) => text.toLowerCase().includes(wanted) === (mode === 'text')
    }
  }

  matches(source: number, text: string): boolean {
    return this.#isGrave(source, text) && (this.#contains?.(plainLogLine(text)) ?? true)
  }

  /** What was known of the lines before is about others now. */
  reset(): void {
    this.#levels.clear()
  }

  #isGrave(source: number, text: string): boolean {
    const { level } = this.#filter
    if (level === null) return true
    const own = lineLevel(text)
    const is = own ?? (continuation.test(text) ? (this.#levels.get(source) ?? null) : null)
    this.#levels.set(source, is)
    return is !== null && logLevels.indexOf(is) <= logLevels.indexOf(level)
  }
}
