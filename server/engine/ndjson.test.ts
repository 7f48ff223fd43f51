import { describe, expect, it } from 'vitest'
import { parseNdjson } from './ndjson.ts'

async function* pieces(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}
async function parseAll(...chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of parseNdjson(pieces(...chunks))) values.push(value)
  return values
}

describe('parseNdjson', () => {
  it('reads a value a line, whatever the chunks', async () => {
    const text = '{"a":1}\n{"b":[1,2]}\n{"c":"x\\ny"}\n'
    const values = [{ a: 1 }, { b: [1, 2] }, { c: 'x\ny' }]
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      )
      expect(await parseAll(...chunks)).toEqual(values)
    }
  })

  it('keeps characters whole that are cut at any byte', async () => {
    const bytes = Buffer.from('{"name":"Zürich 🚢 日本"}\n')
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await parseAll(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([
        { name: 'Zürich 🚢 日本' },
      ])
    }
  })

  it('takes json-seq, CRLF, empty lines and a last line without end', async () => {
    expect(await parseAll('\u001e{"a":1}\n\u001e{"b":2}\n')).toEqual([{ a: 1 }, { b: 2 }])
    expect(await parseAll('{"a":1}\r\n\r\n\n{"b":2}')).toEqual([{ a: 1 }, { b: 2 }])
    expect(await parseAll()).toEqual([])
  })

  it('gives each value as soon as its line is there', async () => {
    let ended = false
    const values = parseNdjson(
      (async function* () {
        yield Buffer.from('{"a":1}\n{"b"')
        ended = true
        yield Buffer.from(':2}\n')
      })(),
    )
    expect((await values.next()).value).toEqual({ a: 1 })
    expect(ended).toBe(false)
  })

  it.each([
    ['HTML', '<html><body>502 Bad Gateway</body></html>\n'],
    ['a cut object', '{"Type":"container","Acti'],
    ['NUL bytes', '\0\0\0\0\n'],
    ['two values in a line', '{"a":1}{"b":2}\n'],
    ['a log frame', Buffer.from([1, 0, 0, 0, 0, 0, 0, 3, 0x61, 0x62, 0x0a])],
    ['deep nesting cut off', `${'['.repeat(100_000)}\n`],
  ])('names %s as no answer of an engine', async (_name, bytes) => {
    await expect(parseAll(bytes)).rejects.toMatchObject({ code: 'engine_answer_invalid' })
  })

  it('replaces bytes that are no UTF-8 and goes on', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}\n{"b":2}\n'),
    ])
    expect(await parseAll(bytes)).toEqual([{ name: '\ufffd\ufffd' }, { b: 2 }])
  })

  it('shows only the beginning of what it could not read', async () => {
    const error = await parseAll(`${'x'.repeat(100_000)}\n`).catch((thrown) => thrown)
    expect(error.context.detail.length).toBeLessThan(300)
  })

  it('does not let a key reach the prototype', async () => {
    const [value] = await parseAll('{"__proto__":{"admin":true}}\n')
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('takes a line of 4 MiB in small pieces, and refuses a longer one while it still comes', async () => {
    const long = 'x'.repeat(4 * 1024 * 1024 - 2)
    const chunks = (text: string) => text.match(/.{1,997}/gs) as string[]
    expect(await parseAll(...chunks(`"${long}"`), '\n')).toEqual([long])
    let sent = 0
    const endless = async function* () {
      for (;;) {
        sent += 65_536
        yield Buffer.alloc(65_536, 0x78)
      }
    }
    await expect(parseNdjson(endless()).next()).rejects.toMatchObject({
      code: 'engine_answer_invalid',
    })
    expect(sent).toBeLessThanOrEqual(4 * 1024 * 1024 + 65_536)
  })
})
