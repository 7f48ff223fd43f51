export interface EnvFile {
  entries: { name: string; value: string }[]
  /** Lines that are none, counted from 1. */
  wrongLines: number[]
}

/**
 * Reads a .env file as compose does: `NAME=value`, comments, `export`, quotes. Single quotes keep everything, double
 * quotes know \n \r \t \" \\ and may run over lines; `$NAME` stays as it is, since what it would mean is not known here.
 */
export function parseEnvFile(text: string): EnvFile {
  const entries = new Map<string, string>()
  const wrongLines: number[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^\s*(?:export\s+)?([^\s=#'"]+)\s*=\s*(.*)$/.exec(line)
    if (!match) {
      wrongLines.push(index + 1)
      continue
    }
    const [, name = '', rest = ''] = match
    const quote = rest[0]
    if (quote !== '"' && quote !== "'") {
      entries.set(name, rest.replace(/\s+#.*$/, '').trimEnd())
      continue
    }
    let value = rest.slice(1)
    let last = index
    while (closing(value, quote) < 0 && last + 1 < lines.length) value += `\n${lines[++last]}`
    const end = closing(value, quote)
    if (end < 0) {
      wrongLines.push(index + 1)
      continue
    }
    index = last
    entries.set(name, quote === '"' ? unescaped(value.slice(0, end)) : value.slice(0, end))
  }
  return { entries: [...entries].map(([name, value]) => ({ name, value })), wrongLines }
}

/** Where the quote ends; -1 when it does not. */
function closing(text: string, quote: string): number {
  for (let index = 0; index < text.length; index++) {
    if (quote === '"' && text[index] === '\\') index++
    else if (text[index] === quote) return index
  }
  return -1
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character)
}
