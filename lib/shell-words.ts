import { ansiCharacter } from './shell-ansi.ts'

/** A piece of a line, with the offset at which it begins. */
export interface Piece {
  text: string
  at: number
}

export interface ShellReading {
  /** The words of each simple command: what stands between `;`, `&&`, `||`, `|`, `&`, brackets and line ends. */
  commands: Piece[][]
  /** `> file`, `2>&1`, `<<EOF`: no words of a command. */
  redirections: Piece[]
  /** `$NAME`, `$(…)`, backquotes, `~`, `{a,b}`: a shell would have put something else. They are left as they are. */
  expansions: Piece[]
  /** A quote or a bracket was never closed. */
  isOpen: boolean
}

/**
 * Reads a line as a shell does (POSIX section 2.2 and 2.3, and bash's `$'…'`), without running or replacing anything in
 * it. A line that goes on with cmd's `^` or PowerShell's backquote is read by their rules: the backslash is then a
 * character of a path.
 */
export function readShell(text: string, { operators = true }: { operators?: boolean } = {}): ShellReading {
  const windows = /([\^`])[ \t]*\r?\n/.exec(text)?.[1]
  const escape = windows ?? '\\'
  const reading: ShellReading = { commands: [[]], redirections: [], expansions: [], isOpen: false }
  let word: Piece | null = null
  let redirection: Piece | null = null
  let quote = ''
  const begin = (at: number): Piece => {
    word ??= { text: '', at }
    return word
  }
  const end = (at: number) => {
    if (word && redirection) {
      redirection.text = text.slice(redirection.at, at)
      redirection = null
    } else if (word) reading.commands.at(-1)?.push(word)
    word = null
  }
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    const next = text[index + 1] ?? ''
    if (quote === "'") {
      if (character === "'") quote = ''
      else begin(index).text += character
    } else if (character === escape || (character === '\\' && (!windows || next === '"'))) {
      const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(index + 1))?.[0]
      // Blanks after a backslash end the line for a shell: what was pasted with them was meant to go on.
      if (lineEnd) index += lineEnd.length
      else {
        const keeps = quote === '"' && !'$`"\\'.includes(next) && !windows
        begin(index).text += keeps ? `\\${next}` : next
        index++
      }
    } else if (character === '$' && next === "'" && quote === '') {
      const read = ansiQuoted(text, index + 2)
      begin(index).text += read.text
      reading.isOpen ||= read.end >= text.length
      index = read.end
    } else if (character === '$' && next === '"' && quote === '') {
      continue
    } else if (isExpansion(text, index, windows !== undefined)) {
      const past = expansionEnd(text, index)
      reading.isOpen ||= past > text.length
      const piece = text.slice(index, past)
      reading.expansions.push({ text: piece, at: index })
      begin(index).text += piece
      index = past - 1
    } else if (quote === '"') {
      if (character === '"') quote = ''
      else begin(index).text += character
    } else if (character === '"' || character === "'") {
      quote = character
      begin(index)
    } else if (character === '#' && word === null) {
      while (index + 1 < text.length && text[index + 1] !== '\n') index++
    } else if (/\s/.test(character)) {
      end(index)
      if (operators && character === '\n') reading.commands.push([])
    } else if (operators && /[<>]/.test(character)) {
      const number = word as Piece | null
      const isNumber = number !== null && /^\d+$|^&$/.test(text.slice(number.at, index))
      if (isNumber) word = null
      else end(index)
      redirection = { text: character, at: isNumber ? (number as Piece).at : index }
      reading.redirections.push(redirection)
      while (/[<>&|-]/.test(text[index + 1] ?? '')) index++
      redirection.text = text.slice(redirection.at, index + 1)
    } else if (operators && character === '&' && next === '>') {
      begin(index).text += character
    } else if (operators && /[;&|()]/.test(character)) {
      end(index)
      reading.commands.push([])
    } else {
      const brace = bracePiece(text, index)
      if (brace) reading.expansions.push({ text: brace, at: index })
      if (character === '~' && word === null && /^~[\w-]*(\/|\s|:|$)/.test(text.slice(index)))
        reading.expansions.push({ text: '~', at: index })
      begin(index).text += character
    }
  }
  end(text.length)
  reading.commands = reading.commands.filter((words) => words.length > 0)
  reading.isOpen ||= quote !== ''
  return reading
}

/** The words of a field that is one command: operators are characters as others. */
export function splitShellWords(text: string): { words: string[]; isOpen: boolean } {
  const { commands, isOpen } = readShell(text, { operators: false })
  return { words: commands.flat().map((word) => word.text), isOpen }
}

function ansiQuoted(text: string, from: number): { text: string; end: number } {
  let found = ''
  let index = from
  while (index < text.length && text[index] !== "'") {
    const { character, length } = ansiCharacter(text, index)
    found += character
    index += length
  }
  return { text: found, end: index }
}

function isExpansion(text: string, index: number, windows: boolean): boolean {
  if (text[index] === '`') return !windows
  return text[index] === '$' && /[\w({@*#?$!-]/.test(text[index + 1] ?? '')
}

/** Where an expansion that begins at `index` ends; past the end of the text when it does not. */
function expansionEnd(text: string, index: number): number {
  if (text[index] === '`') return text.indexOf('`', index + 1) + 1 || text.length + 1
  const opening = text[index + 1] as string
  if (opening !== '(' && opening !== '{')
    return index + 1 + (/^(?:[A-Za-z_]\w*|.)/.exec(text.slice(index + 1))?.[0].length ?? 1)
  const closing = opening === '(' ? ')' : '}'
  let depth = 0
  for (let at = index + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === opening) depth++
    else if (text[at] === closing && --depth === 0) return at + 1
  }
  return text.length + 1
}

/** `{a,b}` or `{1..3}`, which bash makes several words of. */
function bracePiece(text: string, index: number): string | null {
  return /^\{[^\s{}'"]*(?:,|\.\.)[^\s{}'"]*\}/.exec(text.slice(index))?.[0] ?? null
}

/** One word as a shell has to be given it. */
export function quoteShellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}
