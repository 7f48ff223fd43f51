import { expect, it } from 'vitest'
import { OutputTail } from './output-tail.ts'

const text = (tail: OutputTail, position: number) => {
  const { from, bytes } = tail.since(position)
  return [from, bytes.toString()]
}

it('gives what was written since a position, to the byte', () => {
  const tail = new OutputTail(100)
  tail.add(Buffer.from('one\n'))
  tail.add(Buffer.from('two\n'))
  expect(text(tail, 0)).toEqual([0, 'one\ntwo\n'])
  expect(text(tail, 5)).toEqual([5, 'wo\n'])
  expect(text(tail, 8)).toEqual([8, ''])
})

it('begins with a line where some is not kept', () => {
  const tail = new OutputTail(8)
  for (const piece of ['\u001b[31mred\n', 'aaa\nbb', 'b\ncc']) tail.add(Buffer.from(piece))
  const { from, bytes } = tail.since(0)
  expect([from, bytes.toString()]).toEqual([13, 'bbb\ncc'])
  expect(text(tail, 15)).toEqual([15, 'b\ncc'])
})

it('takes a position that never was for none', () => {
  const tail = new OutputTail(100)
  tail.add(Buffer.from('one\n'))
  expect(text(tail, 4000)).toEqual([0, 'one\n'])
})

it('keeps no more than its bound and one piece, however much comes', () => {
  const tail = new OutputTail(1000)
  for (let index = 0; index < 10_000; index++) tail.add(Buffer.alloc(300, 'x'))
  expect(tail.since(0).bytes.length).toBeLessThan(1300)
})

it('is one long line without an end: what is kept of it', () => {
  const tail = new OutputTail(10)
  for (let index = 0; index < 10; index++) tail.add(Buffer.from('xxxxx'))
  expect(text(tail, 0)).toEqual([40, 'xxxxxxxxxx'])
})
