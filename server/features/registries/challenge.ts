/** One challenge of a WWW-Authenticate header, names in lower case. */
export interface Challenge {
  scheme: string
  parameters: Record<string, string | undefined>
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/

/**
 * The challenges of a WWW-Authenticate header (RFC 9110 §11.6.1): several may share one line, and a comma separates
 * parameters and challenges alike. What cannot be read ends the reading; what came before counts.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  let rest = header.slice(0, 8192)
  const skip = (pattern: RegExp) => {
    rest = rest.replace(pattern, '')
  }
  const word = () => {
    const found = token.exec(rest)?.[0] ?? null
    if (found) rest = rest.slice(found.length)
    return found
  }
  for (;;) {
    skip(/^[\s,]+/)
    const name = word()
    if (!name) return challenges
    skip(/^\s+/)
    const current = challenges.at(-1)
    if (rest.startsWith('=') && current) {
      rest = rest.slice(1)
      skip(/^\s+/)
      const value = rest.startsWith('"') ? quoted() : word()
      if (value === null) return challenges
      current.parameters[name.toLowerCase()] ??= value
    } else challenges.push({ scheme: name.toLowerCase(), parameters: {} })
  }

  function quoted(): string | null {
    const found = /^"((?:[^"\\]|\\.)*)"/s.exec(rest)
    if (!found) return null
    rest = rest.slice(found[0].length)
    return (found[1] as string).replaceAll(/\\(.)/gs, '$1')
  }
}
