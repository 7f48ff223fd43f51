import { describe, expect, it } from 'vitest'
import { isLogLink, plainLogLine, sanitiseLogLine } from './sanitise.ts'

const esc = '\u001b'

describe('what a log line may do to a terminal', () => {
  it.each([
    ['plain text', 'plain text'],
    ['tabs\tstay', 'tabs\tstay'],
    ['ümläut 日本 🚢', 'ümläut 日本 🚢'],
    [`${esc}[31mred${esc}[0m`, `${esc}[31mred${esc}[0m`],
    [`${esc}[38;2;1;2;3mtrue${esc}[m`, `${esc}[38;2;1;2;3mtrue${esc}[m`],
    [`${esc}[4:3mcurly`, `${esc}[4:3mcurly`],
    // Clipboard, title, hyperlink, notification, with either end.
    [`a${esc}]52;c;cm0gLXJmIC8=\u0007b`, 'ab'],
    [`a${esc}]52;c;cm0gLXJmIC8=${esc}\\b`, 'ab'],
    [`a${esc}]0;owned\u0007b`, 'ab'],
    [`${esc}]8;;https://evil.example${esc}\\click${esc}]8;;${esc}\\`, 'click'],
    [`${esc}]777;notify;x;y\u0007`, ''],
    // Queries that are answered as if typed: DA, DSR, DECRQSS, XTGETTCAP, window title.
    [`${esc}[c${esc}[>c${esc}[=c${esc}[5n${esc}[6n${esc}[?6n${esc}[21t`, ''],
    [`${esc}P$q"p${esc}\\x${esc}P+q544e${esc}\\`, 'x'],
    // Cursor, clearing, scrolling, modes (mouse, bracketed paste, alternate screen), reset.
    [`a${esc}[2J${esc}[H${esc}[1Ab${esc}[?1000h${esc}[?1049h${esc}[!p${esc}c`, 'ab'],
    [`${esc}7${esc}8${esc}D${esc}M${esc}#8${esc}(0x`, 'x'],
    // Strings: APC (images), PM, SOS.
    [`${esc}_Ga=T;AAAA${esc}\\x${esc}^p${esc}\\${esc}Xs${esc}\\`, 'x'],
    // The same as single C1 characters.
    ['\u009b31mx\u009d52;c;x\u009cy\u0090q\u009c', '31mx52;c;xyq'],
    // Unfinished ones hide nothing of the text.
    [`${esc}]52;c;never ends`, '52;c;never ends'],
    [`${esc}[`, ''],
    [`${esc}`, ''],
    [`${esc}${esc}[31mx`, `${esc}[31mx`],
    [`${esc}[${'1;'.repeat(200)}mx`, `${'1;'.repeat(200)}mx`],
    ['a\u0007\u0008\u0000\u007fb', 'ab'],
    ['10 %\r20 %\r30 %', '10 % ␍ 20 % ␍ 30 %'],
    ['a\nb', 'ab'],
    // Trojan Source: text that reads otherwise than it is.
    ['if admin\u202e } \u2066', 'if admin\ufffd } \ufffd'],
  ])('%j', (text, expected) => {
    expect(sanitiseLogLine(text)).toBe(expected)
  })

  it('leaves nothing but colours of any bytes at all', () => {
    let seed = 1
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const alphabet = [
      esc,
      '[',
      ']',
      'P',
      '\\',
      '\u0007',
      ';',
      '5',
      '2',
      'm',
      'c',
      'n',
      '?',
      '\u009b',
      '\r',
      'x',
    ]
    for (let round = 0; round < 20_000; round++) {
      const length = Math.floor(random() * 24)
      const text = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
      const left = sanitiseLogLine(text).replaceAll(new RegExp(`${esc}\\[[0-9;:]*m`, 'g'), '')
      // oxlint-disable-next-line no-control-regex -- none may be left
      expect(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(left), JSON.stringify(text)).toBe(false)
    }
  })

  it('takes a hostile megabyte at once', () => {
    // Of this process alone: others take their time of a machine that is busy.
    const before = process.cpuUsage()
    for (const piece of [`${esc}]`, `${esc}[`, `${esc}P$q`, `${esc}[1;`, esc])
      sanitiseLogLine(piece.repeat(300_000))
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000)
  })
})

it('gives the text alone', () => {
  expect(plainLogLine(`${esc}[1;31merror${esc}[0m: ${esc}]0;x\u0007it`)).toBe('error: it')
})

it.each([
  ['https://example.com/a?b', true],
  ['http://10.0.0.1:8080', true],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['file:///etc/passwd', false],
  ['ssh://host', false],
  ['nonsense', false],
])('%s is a link of a log: %s', (address, expected) => {
  expect(isLogLink(address)).toBe(expected)
})
