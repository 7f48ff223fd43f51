/**
 * Names of files as text from which their bytes come back. Linux takes any bytes for a name, and a name that is no UTF-8 is
 * lost in a string: it is another file that is then asked for. A byte that is no part of UTF-8 is a character of a range of
 * its own among those for private use; a character of that range is taken apart into its bytes as well, so that no two names
 * have one text. (As Python's surrogateescape, PEP 383, but with characters that addresses and JSON can carry.)
 */
const first = 0xf700
const isOwn = (code: number) => code >= first + 0x80 && code <= first + 0xff
const own = /[\uf780-\uf7ff]/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The text of a name. */
export function decodeName(bytes: Uint8Array): string {
  const whole = decoded(bytes)
  if (whole !== null && !own.test(whole)) return whole
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at] as number)
    const character = decoded(bytes.subarray(at, at + length))
    const isKept = character !== null && character.length > 0 && !own.test(character)
    text += isKept ? character : String.fromCharCode(first + (bytes[at] as number))
    at += isKept ? length : 1
  }
  return text
}

/** The bytes of a name that `decodeName` gave. */
export function encodeName(text: string): Uint8Array {
  if (!own.test(text)) return encoder.encode(text)
  return Uint8Array.from(
    [...text].flatMap((character) => {
      const code = character.codePointAt(0) as number
      return isOwn(code) ? [code - first] : [...encoder.encode(character)]
    }),
  )
}

/** A name that was text from the start, as of a file in a browser, in the form that `decodeName` gives. */
export const nameOfText = (text: string): string => (own.test(text) ? decodeName(encoder.encode(text)) : text)

/** Whether a name is UTF-8 as a whole. */
export const isText = (name: string): boolean => !own.test(name)

/** To be read by people: a byte that is none of UTF-8 as `\xff`. */
export const printableName = (text: string): string =>
  text.replace(/[\uf780-\uf7ff]/g, (character) => `\\x${(character.charCodeAt(0) - first).toString(16)}`)

/** Bytes of the character that begins with this one. */
function lengthOf(byte: number): number {
  if (byte < 0xc0) return 1
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
