const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
}

/** The character at `index` of a `$'…'` word, and how many of the text's it takes (bash's manual, ANSI-C quoting). */
export function ansiCharacter(text: string, index: number): { character: string; length: number } {
  const first = text[index] as string
  if (first !== '\\') return { character: first, length: 1 }
  const rest = text.slice(index + 1, index + 11)
  const letter = letters[rest[0] ?? '']
  if (letter !== undefined) return { character: letter, length: 2 }
  const code =
    /^([0-7]{1,3})/.exec(rest) ??
    /^x([\da-fA-F]{1,2})/.exec(rest) ??
    /^u([\da-fA-F]{1,4})/.exec(rest) ??
    /^U([\da-fA-F]{1,8})/.exec(rest)
  if (code) {
    const point = Number.parseInt(code[1] as string, /^[0-7]/.test(rest) ? 8 : 16)
    if (point <= 0x10_ffff) return { character: String.fromCodePoint(point), length: 1 + code[0].length }
  }
  const control = /^c(.)/.exec(rest)
  if (control) return { character: String.fromCharCode((control[1] as string).charCodeAt(0) & 31), length: 3 }
  return { character: `\\${rest[0] ?? ''}`, length: rest === '' ? 1 : 2 }
}
