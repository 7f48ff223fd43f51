/**
 * Patterns of a .dockerignore: Go's filepath.Match on each part, `**` for any number of parts, `!` to take back; the
 * last line that fits a path, or a folder above it, decides (Docker's "Build context", ".dockerignore files").
 * Throws RangeError naming a line that Docker refuses.
 */
export function createDockerignore(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    // A comment is one in the first column alone.
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => {
      const trimmed = line.trim()
      const isException = trimmed.startsWith('!')
      const pattern = cleanPath(isException ? trimmed.slice(1).trim() : trimmed)
      if (isException && pattern === '') throw new RangeError(line)
      return { isException, parts: pattern === '' ? [] : compile(pattern, line) }
    })
    .filter((rule) => rule.parts.length > 0)
  return (path) => {
    const parts = path.split('/')
    let ignored = false
    for (const { isException, parts: pattern } of rules) {
      if (isException === ignored && matchesUpTo(pattern, parts)) ignored = !isException
    }
    return ignored
  }
}

type Part = RegExp | '**'

/** Go's filepath.Clean, and no slash before: the context is the root. */
function cleanPath(pattern: string): string {
  const parts: string[] = []
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** Whether the pattern fits the path or a folder above it. */
function matchesUpTo(pattern: readonly Part[], path: readonly string[]): boolean {
  for (let length = path.length; length > 0; length--)
    if (matches(pattern, path.slice(0, length))) return true
  return false
}

function matches(pattern: readonly Part[], path: readonly string[]): boolean {
  // Which beginnings of the pattern fit the path so far: linear, where going back for each `**` would be exponential.
  let reached = new Set([0])
  const last = pattern.length - 1
  const step = (from: Set<number>) => {
    for (const at of from) if (pattern[at] === '**' && at < last) from.add(at + 1)
    return from
  }
  reached = step(reached)
  for (const part of path) {
    const next = new Set<number>()
    for (const at of reached) {
      const wanted = pattern[at]
      if (wanted === '**') {
        next.add(at)
        // At the end it is what lies below a folder, and not the folder.
        if (at === last) next.add(at + 1)
      } else if (wanted?.test(part)) next.add(at + 1)
    }
    reached = step(next)
  }
  return reached.has(pattern.length)
}

function compile(pattern: string, line: string): Part[] {
  // Docker reads `**.go` as `**/.go`.
  return pattern
    .replace(/(^|\/)\*\*+(?=[^*/])/g, '$1**/')
    .split('/')
    .map((part) => (/^\*\*+$/.test(part) ? '**' : glob(part, line)))
}

/** One part: `*`, `?`, `[a-z]`, `[^a]` and `\` before a character that is meant as it is. */
function glob(part: string, line: string): RegExp {
  let source = ''
  for (let at = 0; at < part.length; at++) {
    const char = part[at] as string
    if (char === '*') {
      // Within a part `**` is no more than `*`; twice in an expression it would be slow to fail.
      if (part[at - 1] !== '*') source += '[^/]*'
    } else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = part.indexOf(']', at + 2)
      if (end < 0) throw new RangeError(line)
      const body = part.slice(at + 1, end)
      source += `[${body.startsWith('^') ? '^' : ''}${body.replace(/^\^/, '').replace(/[\\\]^[]/g, '\\$&')}]`
      at = end
    } else {
      const literal = char === '\\' ? part[++at] : char
      if (literal === undefined) throw new RangeError(line)
      source += literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    }
  }
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    throw new RangeError(line)
  }
}
