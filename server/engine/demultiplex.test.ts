import { expect, it } from 'vitest'
import { createDemultiplexer } from './demultiplex.ts'

const frame = (stream: number, text: string) => {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([head, Buffer.from(text)])
}
const whole = Buffer.concat([
  frame(1, 'out ü\n'),
  frame(2, 'err'),
  frame(1, ''),
  frame(1, 'x'.repeat(70_000)),
])

it.each([1, 3, 8, 1000, whole.length])('takes both streams apart, in chunks of %d bytes', (size) => {
  const demultiplex = createDemultiplexer()
  const told: Record<'out' | 'err', Buffer[]> = { out: [], err: [] }
  for (let at = 0; at < whole.length; at += size)
    for (const { isError, bytes } of demultiplex(whole.subarray(at, at + size)))
      told[isError ? 'err' : 'out'].push(bytes)
  expect(Buffer.concat(told.out).toString()).toBe(`out ü\n${'x'.repeat(70_000)}`)
  expect(Buffer.concat(told.err).toString()).toBe('err')
})
