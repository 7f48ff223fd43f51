import { describe, expect, it } from 'vitest'
import type { LogLine } from './logs.ts'
import { FramedLog, RawLog } from './logs-parser.ts'

const at = (second: number, fraction = '') => `2026-11-21T00:00:0${second}${fraction}Z `
const nanos = (second: number, rest = 0) =>
  BigInt(Date.UTC(2026, 10, 21, 0, 0, second)) * 1_000_000n + BigInt(rest)

function frame(stream: number, text: string | Buffer): Buffer {
  const payload = Buffer.from(text as string)
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(payload.length, 4)
  return Buffer.concat([head, payload])
}

/** Everything a parser says to those bytes, given in such pieces. */
function parse(make: () => FramedLog | RawLog, pieces: readonly Buffer[]): LogLine[] {
  const parser = make()
  return [...pieces.flatMap((piece) => [...parser.push(piece)]), ...parser.end()]
}
const framed = () => new FramedLog()
const raw = () => new RawLog()
const texts = (lines: readonly LogLine[]) => lines.map((line) => line.text)

/** The same, whatever the pieces: whole, byte by byte, and cut at every place. */
function everySplit(make: () => FramedLog | RawLog, bytes: Buffer): LogLine[] {
  const whole = parse(make, [bytes])
  expect(
    parse(
      make,
      [...bytes].map((byte) => Buffer.from([byte])),
    ),
  ).toEqual(whole)
  for (let cut = 1; cut < bytes.length; cut++)
    expect(parse(make, [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
  return whole
}

describe('a multiplexed log', () => {
  it('is lines of two streams with their times', () => {
    const bytes = Buffer.concat([
      frame(1, `${at(1, '.5')}out\n`),
      frame(2, `${at(2, '.000000007')}err\n`),
      frame(1, `${at(3)}\n`),
      frame(1, ''),
      frame(0, `${at(4)}stdin's own stream counts as out\n`),
    ])
    expect(everySplit(framed, bytes)).toEqual([
      { time: nanos(1, 500_000_000), stream: 'stdout', text: 'out' },
      { time: nanos(2, 7), stream: 'stderr', text: 'err' },
      { time: nanos(3), stream: 'stdout', text: '' },
      { time: nanos(4), stream: 'stdout', text: "stdin's own stream counts as out" },
    ])
  })

  it('joins the pieces of a long line, each stamped, though another stream comes between', () => {
    const ship = Buffer.from('🚢')
    const bytes = Buffer.concat([
      frame(1, Buffer.concat([Buffer.from(`${at(1)}long `), ship.subarray(0, 2)])),
      frame(2, `${at(1)}in between\n`),
      frame(1, Buffer.concat([Buffer.from(at(2)), ship.subarray(2)])),
      frame(1, `${at(3)} line\n`),
    ])
    const lines = everySplit(framed, bytes)
    expect(texts(lines)).toEqual(['in between', 'long 🚢 line'])
    // A line has the time of its beginning.
    expect(lines[1]?.time).toBe(nanos(1))
  })

  it('says of a last line without its newline that it is open', () => {
    expect(everySplit(framed, frame(1, `${at(1)}not yet`))).toEqual([
      { time: nanos(1), stream: 'stdout', text: 'not yet', open: true },
    ])
  })

  it('reads offsets, broken characters, and lines that only look stamped', () => {
    const bytes = Buffer.concat([
      frame(1, '2026-11-21T01:00:01+01:00 offset\n'),
      frame(1, Buffer.concat([Buffer.from(at(1)), Buffer.from([0xff, 0xc3, 10])])),
      frame(1, `${at(1)}${at(2)}stamped by the program itself\n`),
      frame(1, 'without any stamp\n'),
    ])
    const lines = everySplit(framed, bytes)
    expect(lines[0]?.time).toBe(nanos(1))
    expect(texts(lines)).toEqual([
      'offset',
      '\ufffd\ufffd',
      `${at(2)}stamped by the program itself`,
      'without any stamp',
    ])
  })

  it.each([
    ['another stream', Buffer.from([7, 0, 0, 0, 0, 0, 0, 1, 65])],
    ['no padding', Buffer.from([1, 1, 0, 0, 0, 0, 0, 1, 65])],
    ['HTTP', Buffer.from('HTTP/1.1 500 Internal Server Error\r\n')],
    ['four gigabytes', Buffer.from([1, 0, 0, 0, 255, 255, 255, 255])],
  ])('is refused when it is %s', (_, bytes) => {
    expect(() => parse(framed, [bytes])).toThrow('engine_answer_invalid')
  })

  it('cuts a line that never ends', () => {
    const parser = new FramedLog()
    const piece = frame(1, `${at(1)}${'x'.repeat(16_384)}`)
    const lines = Array.from({ length: 200 }, () => [...parser.push(piece)]).flat()
    expect(lines.length).toBeGreaterThan(1)
    expect(Math.max(...lines.map((line) => line.text.length))).toBeLessThan(1_100_000)
  })
})

describe('a terminal’s log', () => {
  it('is lines, also where a character or a stamp is cut', () => {
    const bytes = Buffer.from(`${at(1)}eins ä\r\n${at(2, '.25')}zwei\r\n${at(3)}`)
    const lines = everySplit(raw, bytes)
    expect(lines.map(({ time, text }) => [time, text])).toEqual([
      [nanos(1), 'eins ä\r'],
      [nanos(2, 250_000_000), 'zwei\r'],
    ])
  })

  it('has its stamps inside of long lines taken out, where pieces end and nowhere else', () => {
    const first = `${'x'.repeat(16_383)}é`
    const pieces = Buffer.from(first)
    const said = `${at(5)}says the program`
    const bytes = Buffer.concat([
      Buffer.from(at(1)),
      pieces.subarray(0, 16_384),
      Buffer.from(at(2)),
      pieces.subarray(16_384),
      Buffer.from(` ${said}\r\n${at(3)}next\r\n`),
    ])
    expect(texts(parse(raw, [bytes]))).toEqual([`${first} ${said}\r`, 'next\r'])
    for (const cut of [1, 40, 16_384, 16_415, 16_416, 16_450])
      expect(texts(parse(raw, [bytes.subarray(0, cut), bytes.subarray(cut)]))).toHaveLength(2)
  })

  it('a run that begins while the stream goes on has its own first line', () => {
    let began = 0n
    const parser = new FramedLog({ runBegan: () => began })
    const framed = (text: string) => {
      const bytes = Buffer.from(text)
      const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
      head.writeUInt32BE(bytes.length, 4)
      return Buffer.concat([head, bytes])
    }
    const first = [...parser.push(framed(`${at(1)}unended`))]
    began = nanos(4)
    const rest = [...parser.push(framed(`${at(4, '.000000000')}begin\n`))]
    expect(texts([...first, ...rest])).toEqual(['unended', 'begin'])
  })

  it('takes no stamp of the program for one of the engine, whatever its time', () => {
    const text = (second: number) => `${at(second, '.000000000')}says the program, and ${at(9, '.123456789')}`
    const bytes = Buffer.from(`${at(1)}${text(0)}\r\n${at(2)}${text(7)}\r\n${at(3)}${at(9)}${at(9)}\r\n`)
    const lines = everySplit(() => new RawLog({ runBegan: () => nanos(1) }), bytes)
    expect(texts(lines)).toEqual([`${text(0)}\r`, `${text(7)}\r`, `${at(9)}${at(9)}\r`])
    // Of an earlier run the next one may go on in the same line; not with a time that is still to come.
    const far = `2199-01-01T00:00:00.000000000Z `
    const runs = Buffer.from(`${at(1)}${far}left open${at(4, '.000000000')}next run\r\n`)
    expect(texts(everySplit(() => new RawLog({ runBegan: () => nanos(4) }), runs))).toEqual([
      `${far}left open`,
      'next run\r',
    ])
  })

  it('keeps no megabytes of a line without an end', () => {
    const parser = new RawLog()
    const lines = Array.from({ length: 40 }, () => [...parser.push(Buffer.alloc(100_000, 120))]).flat()
    expect(lines.length).toBeGreaterThan(1)
  })
})
