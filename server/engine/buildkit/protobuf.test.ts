import { expect, it } from 'vitest'
import { BuildProgress } from './progress.ts'
import { bytesOf, numberOf, readMessage, writeMessage } from './protobuf.ts'

it('reads what it writes', () => {
  const inner = writeMessage([[1, 'ü']])
  const message = writeMessage([
    [1, 300],
    [2, 'text'],
    [3, inner],
    [4, 0],
    [5, ''],
    [6, 1_700_000_000_123_456_789n],
    [7, 2 ** 31 + 0o755],
    [8, -1],
    [1000, 'far'],
  ])
  expect(numberOf(message, 1)).toBe(300n)
  expect(bytesOf(message, 2).toString()).toBe('text')
  expect(bytesOf(bytesOf(message, 3), 1).toString()).toBe('ü')
  expect(numberOf(message, 6)).toBe(1_700_000_000_123_456_789n)
  expect(numberOf(message, 7)).toBe(0x800001edn)
  expect(BigInt.asIntN(64, numberOf(message, 8))).toBe(-1n)
  expect(bytesOf(message, 1000).toString()).toBe('far')
  expect([...readMessage(message)].map(({ number }) => number)).toEqual([1, 2, 3, 6, 7, 8, 1000])
})

it.each([
  ['ends within a number', '08ff'],
  ['ends within a tag', 'ff'],
  ['a number of eleven bytes', `08${'ff'.repeat(10)}01`],
  ['ends within a text', '0a05616263'],
  ['a text of exabytes', '0affffffffffffffff7f'],
  ['a fixed field that is cut', '0901'],
  ['field 0', '0000'],
  ['a group', '0b0c'],
  ['a type that is none', '0e00'],
])('refuses bytes that are no message: %s', (_name, hex) => {
  expect(() => [...readMessage(Buffer.from(hex, 'hex'))]).toThrow(RangeError)
})

it('takes fixed fields in its stride, and the last of a field', () => {
  const bytes = Buffer.from(`09${'00'.repeat(8)}1500000000120161120162`, 'hex')
  expect(bytesOf(bytes, 2).toString()).toBe('b')
})

it('any bytes are a message or a RangeError, and never more', () => {
  let seed = 7
  const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) >> 8
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(Array.from({ length: random() % 40 }, () => random() & 0xff))
    const progress = new BuildProgress(
      () => {},
      () => {},
    )
    try {
      progress.take(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
  }
})
