import { describe, expect, it } from 'vitest'
import { decodeName, encodeName, nameOfText, printableName } from './byte-name.ts'

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))

describe('names of any bytes', () => {
  it.each([
    ['ASCII', bytes('a.txt'), 'a.txt'],
    ['UTF-8', bytes('ä 🚢'), 'ä 🚢'],
    ['Latin-1', bytes('caf', 0xe9), 'caf\\xe9'],
    ['a character that is cut', bytes(0xe2, 0x82, '.txt'), '\\xe2\\x82.txt'],
    ['bytes that are never UTF-8', bytes(0xff, 'ü', 0xfe), '\\xffü\\xfe'],
    ['an overlong slash', bytes(0xc0, 0xaf), '\\xc0\\xaf'],
    ['half a surrogate', bytes(0xed, 0xa0, 0x80), '\\xed\\xa0\\x80'],
    ['a character of the range that stands for bytes', bytes('\uf7ff'), '\\xef\\x9f\\xbf'],
    ['a mark of byte order', bytes('\ufeffx'), '\ufeffx'],
    ['nothing', bytes(), ''],
  ])('%s', (_name, given, shown) => {
    const text = decodeName(given)
    expect(Buffer.from(encodeName(text))).toEqual(given)
    expect(printableName(text)).toBe(shown)
    // Both ways through what carries it.
    expect(decodeURIComponent(encodeURIComponent(text))).toBe(text)
    expect(JSON.parse(JSON.stringify(text))).toBe(text)
  })

  it('are as many as there are bytes: none has the text of another', () => {
    const seen = new Set<string>()
    for (let byte = 0; byte < 256; byte++)
      for (const next of [0x41, 0x80, 0xbf, 0xff]) seen.add(decodeName(Uint8Array.from([byte, next])))
    expect(seen.size).toBe(1024)
  })

  it('that were text from the start have their own bytes', () => {
    for (const text of ['a', 'ä', '\uf7e9'])
      expect(Buffer.from(encodeName(nameOfText(text)))).toEqual(Buffer.from(text))
  })
})
