import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { AppError } from '../../errors.ts'
import { Spool } from './spool.ts'

const folder = mkdtempSync(join(tmpdir(), 'spool-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const path = () => join(folder, String(count++))
async function* parts(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}
const text = async (source: AsyncIterable<Buffer>) => {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const noStop = () => {}

it('is read by several while it is written, each to the announced end', async () => {
  const spool = await Spool.at(path(), 9)
  const early = [text(spool.read()), text(spool.read())]
  expect(await spool.append(0, parts('abc', 'def'), noStop)).toBe(6)
  const late = text(spool.read())
  await spool.append(6, parts('ghi'), noStop)
  expect(await Promise.all([...early, late])).toEqual(['abcdefghi', 'abcdefghi', 'abcdefghi'])
})

it('keeps what came before a cut, and goes on only from there', async () => {
  const spool = await Spool.at(path(), 6)
  async function* cut() {
    yield Buffer.from('abc')
    throw new Error('socket hang up')
  }
  await expect(spool.append(0, cut(), noStop)).rejects.toThrow('socket hang up')
  expect(spool.received).toBe(3)
  await expect(spool.append(0, parts('abc'), noStop)).rejects.toMatchObject({ code: 'archive_offset_wrong' })
  await expect(spool.append(3, parts('defg'), noStop)).rejects.toMatchObject({ code: 'archive_too_long' })
  await spool.append(3, parts('def'), noStop)
  expect(readFileSync(spool.path, 'utf8')).toBe('abcdef')
})

it('ends a writer that died without a word when the next one comes', async () => {
  const spool = await Spool.at(path(), 6)
  let end = () => {}
  async function* dead() {
    yield Buffer.from('abc')
    await new Promise<void>((_resolve, reject) => {
      end = () => reject(new Error('destroyed'))
    })
  }
  const first = spool.append(0, dead(), () => end())
  const outcome = expect(first).rejects.toThrow('destroyed')
  while (spool.received < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await spool.append(3, parts('def'), noStop)).toBe(6)
  await outcome
})

it('tells its readers and its writer why it was given up', async () => {
  const spool = await Spool.at(path(), 6)
  await spool.append(0, parts('abc'), noStop)
  const reading = expect(text(spool.read())).rejects.toMatchObject({ code: 'archive_removed' })
  spool.abandon(new AppError('archive_removed'))
  await reading
  await expect(spool.append(3, parts('def'), noStop)).rejects.toMatchObject({ code: 'archive_removed' })
})

it('lets go of a reader who no longer waits', async () => {
  const spool = await Spool.at(path(), 6)
  const abort = new AbortController()
  const reading = expect(text(spool.read(abort.signal))).rejects.toMatchObject({ name: 'AbortError' })
  abort.abort()
  await reading
})

it('goes on with what is on disk, and cuts what is more than was announced', async () => {
  const file = path()
  writeFileSync(file, 'abcdefgh')
  const spool = await Spool.at(file, 6)
  expect(spool.isWhole).toBe(true)
  expect(await text(spool.read())).toBe('abcdef')
})

it('has a word of its own for a full disk', async () => {
  const spool = await Spool.at('/dev/full', 100).catch(() => null)
  // A device cannot be truncated or measured: the write alone is what is tried.
  if (!spool) throw new Error('/dev/full cannot be opened')
  await expect(spool.append(0, parts('abc'), noStop)).rejects.toMatchObject({ code: 'archive_disk_full' })
})

it('holds no descriptor while it waits for an upload that was left half, and goes on with it', async () => {
  const spool = await Spool.at(path(), 6)
  await spool.append(0, parts('abc'), noStop)
  const reading = text(spool.read())
  const held = () =>
    readdirSync('/proc/self/fd').filter((each) => {
      try {
        return readlinkSync(`/proc/self/fd/${each}`) === spool.path
      } catch {
        return false
      }
    })
  await expect.poll(held).toHaveLength(1)
  await expect.poll(held).toHaveLength(0)
  await spool.append(3, parts('def'), noStop)
  expect(await reading).toBe('abcdef')
  expect(held()).toHaveLength(0)
})

it('whose file is gone, or was cut, says so and is no fault of ours', async () => {
  const spool = await Spool.at(path(), 6)
  await spool.append(0, parts('abcdef'), noStop)
  writeFileSync(spool.path, 'abc')
  await expect(text(spool.read())).rejects.toMatchObject({ code: 'archive_gone' })
  rmSync(spool.path)
  await expect(text(spool.read())).rejects.toMatchObject({ code: 'archive_gone' })
})
