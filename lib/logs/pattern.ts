import { RE2JS, RE2JSException } from 're2js'

/** Characters of a line that an expression is tried on; text is looked for in all of it. */
export const longestMatched = 4096
/** Characters of an expression. */
export const longestPattern = 200
/** Instructions of a compiled expression; time grows with them and with the line's length, and with nothing else. */
const largestProgram = 1000

export type LogPattern = { ok: true; test(text: string): boolean } | { ok: false; reason: string }

/**
 * A regular expression in RE2's syntax, which takes linear time for every expression and every line: no lookaround and
 * no backreference. The browser's own can take hours for `(a+)+$`, and a log's lines are nobody's word.
 */
export function compileLogPattern(text: string): LogPattern {
  if (text.length > longestPattern) return { ok: false, reason: `> ${longestPattern}` }
  try {
    const compiled = RE2JS.compile(text)
    if (compiled.programSize() > largestProgram) return { ok: false, reason: `size > ${largestProgram}` }
    return { ok: true, test: (line) => compiled.test(line.slice(0, longestMatched)) }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return { ok: false, reason: error.message.replace(/^error parsing regexp: /, '') }
  }
}
