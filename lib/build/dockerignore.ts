import { matcherOf } from './dockerignore-pattern.ts'

/**
 * Patterns of a .dockerignore as the Docker CLI 28 reads them (moby/patternmatcher): `!` takes back, and the last line
 * that fits a path, or a folder above it, decides. Throws RangeError naming a line that the CLI refuses.
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
      const written = isException ? trimmed.slice(1).trim() : trimmed
      const pattern = written && cleanPath(written)
      if (isException && pattern === '') throw new RangeError(line)
      return { isException, fits: matcherOf(pattern, line) }
    })
  return (path) => {
    let ignored = false
    for (const { isException, fits } of rules) {
      if (isException === ignored && fits(path)) ignored = !isException
    }
    return ignored
  }
}

/** Go's filepath.Clean, and no slash before: the context is the root. */
function cleanPath(pattern: string): string {
  const parts: string[] = []
  const isRooted = pattern.startsWith('/')
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !isRooted) parts.push(part)
  }
  // A dot is the context itself, which no path is.
  return parts.join('/') || (isRooted ? '' : '.')
}
