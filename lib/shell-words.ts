export interface ShellWords {
  words: string[]
  /** `$NAME`, `$(…)` or a backquote stood where a shell would have put something else: it was left as it is. */
  hasExpansion: boolean
  /** A quote was never closed. */
  isOpen: boolean
}

/** Splits a command line as a POSIX shell does (section 2.2, quoting), without running or replacing anything in it. */
export function splitShellWords(text: string): ShellWords {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  let hasExpansion = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    if (quote === "'") {
      if (character === "'") quote = ''
      else word += character
      continue
    }
    if (character === '\\') {
      const next = text[++index] ?? ''
      // A line that goes on. Windows' line ends come along when pasted.
      if (next === '\n') continue
      if (next === '\r' && text[index + 1] === '\n') {
        index++
        continue
      }
      const keeps = quote === '"' && !'$`"\\'.includes(next)
      word = (word ?? '') + (keeps ? `\\${next}` : next)
      continue
    }
    if (character === '`' || (character === '$' && /[\w({]/.test(text[index + 1] ?? ''))) hasExpansion = true
    if (quote === '"') {
      if (character === '"') quote = ''
      else word += character
      continue
    }
    if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === '#' && word === null) {
      while (index < text.length && text[index] !== '\n') index++
    } else word = (word ?? '') + character
  }
  if (word !== null) words.push(word)
  return { words, hasExpansion, isOpen: quote !== '' }
}

/** One word as a shell has to be given it. */
export function quoteShellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}
