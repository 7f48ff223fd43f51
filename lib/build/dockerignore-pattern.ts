type Test = (character: string) => boolean

/** One step of a pattern. `many`: any number of its characters. `folders`: nothing, or anything that ends with a slash. */
type Step = { kind: 'one' | 'many'; test: Test } | { kind: 'folders' } | { kind: 'never' }

/**
 * Whether a pattern fits a path or a folder above it. The CLI makes a regular expression of a pattern, with what that brings along:
 * `[^a]` and a leading or closing `**` fit slashes too, `\d` is a digit, `[*]` is not what it looks like. Here it is
 * followed step by step, since an expression of JavaScript goes back and forth for hours on a pattern made for it.
 * Throws RangeError with `line` where the CLI refuses the pattern, and for those that mean something else to it than
 * their writer can have meant (`\\b`, `[[:alpha:]]`, `a{2}*`, `a|b*`).
 */
export function matcherOf(pattern: string, line: string): (path: string) => boolean {
  checkSyntax(pattern, line)
  // Without anything special between, `**` at an end is about the text alone.
  const [, before = '', middle = '', after = ''] = /^(\*\*)?([^*?[\]\\]*)(\*\*)?$/.exec(pattern) ?? []
  if (before + middle + after === pattern) {
    if (before && after && middle === '') return stepsMatch(toSteps(pattern, line))
    if (before && !after)
      return orAbove((path) => path.endsWith(middle) || (middle.startsWith('/') && path === middle.slice(1)))
    if (after && !before) return (path) => path.startsWith(middle)
    if (!before) return (path) => path === pattern || path.startsWith(`${pattern}/`)
  }
  return stepsMatch(toSteps(pattern, line))
}

function orAbove(fits: (path: string) => boolean): (path: string) => boolean {
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
      if (fits(path.slice(0, end))) return true
    return false
  }
}

const always: Test = () => true

function toSteps(pattern: string, line: string): Step[] {
  const source = expressionOf(pattern)
  // Braces and bars come through unescaped: repetition and alternation, which nobody means in a .dockerignore.
  if (/\{\d+(?:,\d*)?\}|\|/.test(source)) throw new RangeError(line)
  const steps: Step[] = []
  let at = 0
  while (at < source.length) {
    const rest = source.slice(at)
    if (rest.startsWith('(.*/)?')) {
      steps.push({ kind: 'folders' })
      at += 6
    } else if (rest.startsWith('.*')) {
      steps.push({ kind: 'many', test: always })
      at += 2
    } else if (rest.startsWith('^')) {
      // In the middle it is the beginning of the text, which it can't be.
      steps.push(at === 0 ? { kind: 'many', test: () => false } : { kind: 'never' })
      at += 1
    } else {
      const { test, length } = rest.startsWith('[') ? readClass(rest, line) : readCharacter(rest, line)
      const isMany = source[at + length] === '*'
      steps.push({ kind: isMany ? 'many' : 'one', test })
      at += length + (isMany ? 1 : 0)
    }
  }
  return steps
}

/** The expression that the CLI makes of a pattern, with the escapes that it writes. */
function expressionOf(pattern: string): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string
    if (character === '*' && pattern[at + 1] === '*') {
      at += pattern[at + 2] === '/' ? 2 : 1
      source += at + 1 >= pattern.length ? '.*' : '(.*/)?'
    } else if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (character === '\\') source += `\\${pattern[++at] ?? ''}`
    else source += '.+()$'.includes(character) ? `\\${character}` : character
  }
  return source
}

const classes: Readonly<Record<string, Test>> = {
  d: (character) => /[0-9]/.test(character),
  D: (character) => /[^0-9]/.test(character),
  w: (character) => /[0-9A-Za-z_]/.test(character),
  W: (character) => /[^0-9A-Za-z_]/.test(character),
  s: (character) => /[\t\n\f\r ]/.test(character),
  S: (character) => /[^\t\n\f\r ]/.test(character),
}
const controls: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** One character of an expression, or what a backslash makes of one. */
function readCharacter(source: string, line: string): { test: Test; length: number; only: string | null } {
  const [first = '', second = ''] = [...source]
  if (first !== '\\') return { ...exactly(first), length: first.length }
  const group = classes[second]
  if (group) return { test: group, length: 2, only: null }
  const control = controls[second]
  if (control) return { ...exactly(control), length: 2 }
  // Go knows no other letter or digit after a backslash.
  if (/^[0-9A-Za-z]$/.test(second)) throw new RangeError(line)
  return { ...exactly(second), length: 1 + second.length }
}

const exactly = (only: string) => ({ test: (character: string) => character === only, only })

/** `[a-z]`, `[^a]` of an expression (RE2's syntax). */
function readClass(source: string, line: string): { test: Test; length: number } {
  const isNegated = source[1] === '^'
  const tests: Test[] = []
  let at = isNegated ? 2 : 1
  for (let isFirst = true; isFirst || source[at] !== ']'; isFirst = false) {
    if (at >= source.length || source.startsWith('[:', at)) throw new RangeError(line)
    const low = readCharacter(source.slice(at), line)
    at += low.length
    if (source[at] === '-' && source[at + 1] !== ']' && low.only !== null) {
      const high = readCharacter(source.slice(at + 1), line)
      const [from, to] = [low.only.codePointAt(0) ?? 0, high.only?.codePointAt(0) ?? -1]
      if (to < from) throw new RangeError(line)
      at += 1 + high.length
      tests.push((character) => {
        const point = character.codePointAt(0) ?? 0
        return point >= from && point <= to
      })
    } else tests.push(low.test)
  }
  return { test: (character) => tests.some((test) => test(character)) !== isNegated, length: at + 1 }
}

function stepsMatch(steps: readonly Step[]): (path: string) => boolean {
  return (path) => {
    // Which beginnings of the pattern fit the path so far: linear, where going back would be exponential.
    let reached = new Set<number>()
    const enter = (at: number, into: Set<number>) => {
      for (let index = at; ; index++) {
        into.add(index)
        const kind = steps[index]?.kind
        if (kind !== 'many' && kind !== 'folders') return
      }
    }
    enter(0, reached)
    for (const character of path) {
      if (character === '/' && reached.has(steps.length)) return true
      const next = new Set<number>()
      for (const at of reached) {
        const step = steps[at]
        if (!step || step.kind === 'never') continue
        if (step.kind === 'folders') {
          next.add(at)
          if (character === '/') enter(at + 1, next)
        } else if (step.test(character)) enter(step.kind === 'many' ? at : at + 1, next)
      }
      reached = next
    }
    return reached.has(steps.length)
  }
}

/** Go's filepath.Match refuses some patterns, and the CLI asks it first. */
function checkSyntax(pattern: string, line: string): void {
  let at = 0
  const one = () => {
    const character = pattern[at]
    if (character === undefined || character === '-' || character === ']') throw new RangeError(line)
    if (character === '\\') at++
    if (pattern[at] === undefined) throw new RangeError(line)
    at++
  }
  while (at < pattern.length) {
    const character = pattern[at++]
    if (character === '\\') {
      if (pattern[at++] === undefined) throw new RangeError(line)
    } else if (character === '[') {
      if (pattern[at] === '^') at++
      for (let isFirst = true; isFirst || pattern[at] !== ']'; isFirst = false) {
        one()
        if (pattern[at] === '-') {
          at++
          one()
        }
      }
      at++
    }
  }
}
