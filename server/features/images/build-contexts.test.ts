import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { contextLimitBytes } from '#lib/contracts/image-build.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'
import { createBuildContexts } from './build-contexts.ts'
import { createBuildOutputs } from './build-output.ts'

const folder = () => join(mkdtempSync(join(tmpdir(), 'roadstead-test-')), 'builds')
function tar(path: string, text: string, type: 'file' | 'directory' = 'file'): Buffer {
  const head = tarHeader({ path, type, size: text.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 })
  return Buffer.concat([head, Buffer.from(text), tarPadding(text.length), tarEnd()])
}
const contextsWith = async (bytes: Buffer) => {
  const contexts = createBuildContexts(folder())
  const { id } = await contexts.take(Readable.from([bytes]), bytes.length)
  return { contexts, id }
}

it('begins with an empty folder, whatever an earlier server left', () => {
  const path = folder()
  mkdirSync(path)
  writeFileSync(join(path, 'old.tar'), 'x')
  createBuildContexts(path).stop()
  expect(readdirSync(path)).toEqual([])
})

it('keeps nothing of an upload that was cut, lied or is too large', async () => {
  const path = folder()
  const contexts = createBuildContexts(path)
  const cut = async function* () {
    yield Buffer.from('some')
    throw new Error('reset')
  }
  await expect(contexts.take(Readable.from(cut()), 100)).rejects.toMatchObject({ code: 'upload_cut' })
  await expect(contexts.take(Readable.from(['abc']), 100)).rejects.toMatchObject({ code: 'upload_cut' })
  await expect(contexts.take(Readable.from(['abc']), contextLimitBytes + 1)).rejects.toMatchObject({
    code: 'body_too_large',
  })
  // It is unpacked as it comes.
  const half = gzipSync(tar('b', 'c'.repeat(5000))).subarray(0, 40)
  await expect(contexts.take(Readable.from([half]), 40)).rejects.toMatchObject({ code: 'archive_truncated' })
  expect(readdirSync(path)).toEqual([])
})

it.each([
  ['plain', tar('./a/Dockerfile', 'FROM x'), 'FROM x'],
  ['gzip', gzipSync(tar('a//Dockerfile', 'FROM y')), 'FROM y'],
  ['zstd', zstdCompressSync(tar('a/Dockerfile', 'FROM z')), 'FROM z'],
  ['a folder of that name', tar('a/Dockerfile', '', 'directory'), null],
])('finds a Dockerfile: %s', async (_name, bytes, text) => {
  const { contexts, id } = await contextsWith(bytes)
  expect(await contexts.dockerfile(id, 'a/./Dockerfile')).toBe(text)
})

it.each([
  ['no such file', tar('Dockerfile', 'FROM x'), 'build_no_dockerfile'],
  ['no tar', Buffer.alloc(2048, 'x'), 'archive_invalid'],
  ['an empty body', Buffer.alloc(0), 'build_no_dockerfile'],
])('refuses %s', async (_name, bytes, code) => {
  const { contexts, id } = await contextsWith(bytes)
  await expect(contexts.dockerfile(id, 'a/Dockerfile')).rejects.toMatchObject({ code })
})

it('is gone after its removal', async () => {
  const { contexts, id } = await contextsWith(tar('Dockerfile', 'FROM x'))
  await contexts.remove(id)
  expect(() => contexts.open(id)).toThrow(expect.objectContaining({ code: 'build_context_gone' }))
})

it('output is told from where a reader is, and a slow one hears what it missed', async () => {
  const outputs = createBuildOutputs()
  const { signal } = new AbortController()
  const { say, end } = outputs.begin('task/host')
  const reader = outputs.read('task/host', signal)
  say('one\n')
  expect((await reader.next()).value).toEqual({ type: 'text', text: 'one\n' })
  const next = reader.next()
  say('two\n')
  expect((await next).value).toEqual({ type: 'text', text: 'two\n' })
  for (let line = 0; line < 20; line++) say(`${String(line).padStart(65_535, '.')}\n`)
  const cut = (await reader.next()).value as { bytes: number }
  const rest = (await reader.next()).value as { text: string }
  expect(cut).toMatchObject({ type: 'cut' })
  expect(cut.bytes + rest.text.length).toBe(20 * 65_536)
  expect(rest.text.endsWith('19\n')).toBe(true)
  end()
  expect(await reader.next()).toEqual({ done: true, value: undefined })
  expect((await outputs.read('task/other', signal).next()).value).toEqual({ type: 'none' })
})
