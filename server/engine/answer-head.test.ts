import { describe, expect, it } from 'vitest'
import { parseAnswerHead } from './answer-head.ts'
import { ChunkFollower } from './chunks.ts'

const parse = (text: string, method = 'GET') => parseAnswerHead(Buffer.from(text, 'latin1'), method)
const ok = 'HTTP/1.1 200 OK\r\n'

describe('the head of an answer', () => {
  it.each<[string, string, string, unknown]>([
    ['chunks', 'GET', `${ok}Transfer-Encoding: Chunked\r\n\r\n`, { kind: 'chunked' }],
    ['a length', 'GET', `${ok}content-length:  12 \r\n\r\n`, { kind: 'length', bytes: 12 }],
    ['the connection', 'GET', `${ok}\r\n`, { kind: 'close' }],
    ['the connection of HTTP/1.0', 'GET', 'HTTP/1.0 200\r\n\r\n', { kind: 'close' }],
    ['nothing of a HEAD', 'HEAD', `${ok}content-length: 12\r\n\r\n`, { kind: 'length', bytes: 0 }],
    [
      'nothing of a 204',
      'GET',
      'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n',
      { kind: 'length', bytes: 0 },
    ],
  ])('says that its body ends with %s', (_what, method, text, framing) => {
    const head = parse(`${text}rest`, method)
    expect(head?.framing).toEqual(framing)
    expect(head?.length).toBe(text.length)
  })

  it('is read past interim answers, and has each header by its name in small letters', () => {
    const head = parse(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\nA: b\r\n\r\n${ok}X-A: 1\r\nx-a: 2\r\n\r\n`,
    )
    expect(head?.status).toBe(200)
    expect({ ...head?.headers }).toEqual({ 'x-a': ['1', '2'] })
  })

  it('is waited for to its last byte', () => {
    const text = `${ok}content-length: 1\r\n\r\n`
    for (let end = 0; end < text.length; end++) expect(parse(text.slice(0, end))).toBeNull()
    expect(parse(text)).not.toBeNull()
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a version that is none', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1  200\r\n\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nA: b\r\n\r\n'],
    ['a line feed in a value', `${ok}A: b\nTransfer-Encoding: chunked\r\n\r\n`],
    ['a carriage return in a value', `${ok}A: b\rc\r\n\r\n`],
    ['a zero byte', `${ok}A: \0\r\n\r\n`],
    ['a folded line', `${ok}A: b\r\n c\r\n\r\n`],
    ['a space before the colon', `${ok}Content-Length : 1\r\n\r\n`],
    ['a line without a name', `${ok}: b\r\n\r\n`],
    ['two framings', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ['the same length twice', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`],
    ['a list of lengths', `${ok}Content-Length: 1, 1\r\n\r\n`],
    ['a signed length', `${ok}Content-Length: +1\r\n\r\n`],
    ['a length in hex', `${ok}Content-Length: 0x10\r\n\r\n`],
    ['an empty length', `${ok}Content-Length:\r\n\r\n`],
    ['a length beyond what can be counted', `${ok}Content-Length: 9999999999999999\r\n\r\n`],
    ['another encoding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['chunks twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['chunks of HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['more than fits', `${ok}${'A: b\r\n'.repeat(3000)}`],
    ['interim answers without end', 'HTTP/1.1 100 C\r\n\r\n'.repeat(1000)],
  ])('is refused with %s', (_what, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'not_an_engine' }))
  })
})

describe('chunks', () => {
  const body = '5\r\nhello\r\n00A\r\n wonderful\r\n6\r\n world\r\n0\r\n\r\n'

  it('are followed to their end and no further, cut anywhere', () => {
    for (let cut = 0; cut <= body.length; cut++) {
      const chunks = new ChunkFollower()
      let data = ''
      let length = 0
      for (const part of [body.slice(0, cut), `${body.slice(cut)}HTTP/1.1 200 OK`]) {
        expect(chunks.isOver).toBe(length === body.length)
        length += chunks.follow(Buffer.from(part), (start, end) => {
          data += part.slice(start, end)
        })
      }
      expect([data, length, chunks.isOver]).toEqual(['hello wonderful world', body.length, true])
    }
  })

  it.each([
    ['an extension', '5;a=b\r\nhello'],
    ['a space after the size', '5 \r\nhello'],
    ['a size that is none', 'x\r\n'],
    ['a signed size', '+5\r\nhello'],
    ['a prefix', '0x5\r\nhello'],
    ['no size', '\r\nhello'],
    ['a size beyond what can be counted', `${'f'.repeat(12)}\r\n`],
    ['a bare line feed', '5\nhello'],
    ['a bare carriage return', '5\rhello'],
    ['more data than the size', '5\r\nhello!\r\n'],
    ['data ended by a bare line feed', '5\r\nhello\n0\r\n\r\n'],
    ['a trailer', '0\r\nA: b\r\n\r\n'],
    ['a bare line feed at the end', '0\r\n\n'],
  ])('are refused with %s, in one piece and byte by byte', (_what, text) => {
    const refused = expect.objectContaining({ code: 'engine_answer_invalid' })
    expect(() => new ChunkFollower().follow(Buffer.from(text))).toThrow(refused)
    const chunks = new ChunkFollower()
    expect(() => {
      for (const byte of Buffer.from(text)) chunks.follow(Buffer.from([byte]))
    }).toThrow(refused)
  })
})
