import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { readTar } from '../../tar/read.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'
import { readContextFiles } from './context-files.ts'

const work = () => mkdtempSync(join(tmpdir(), 'roadstead-test-'))
function stored(...entries: [path: string, text: string | null][]): string {
  const parts = entries.map(([path, text]) => {
    const body = Buffer.from(text ?? '')
    const type = text === null ? 'directory' : 'file'
    const head = tarHeader({ path, type, size: body.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 })
    return Buffer.concat([head, body, tarPadding(body.length)])
  })
  const path = join(work(), 'context.tar')
  writeFileSync(path, Buffer.concat([...parts, tarEnd()]))
  return path
}

it('reads files of a real tar by their place, folders and links as they are', async () => {
  const folder = work()
  mkdirSync(join(folder, 'd/empty'), { recursive: true })
  const long = `d/${'n'.repeat(120)}`
  for (const [path, text] of [
    ['d/a', 'aaa'],
    ['d.x', ''],
    [long, 'long'],
  ] as const)
    writeFileSync(join(folder, path), text)
  symlinkSync('a', join(folder, 'd/link'))
  execFileSync('ln', [join(folder, 'd/a'), join(folder, 'hard')])
  execFileSync('tar', ['-cf', join(folder, '../context.tar'), '-C', folder, 'd', 'd.x', 'hard'])
  const files = await readContextFiles(join(folder, '../context.tar'))
  const read = async (path: string) => {
    const file = files.entries.find((entry) => entry.path === path)
    return file && Buffer.concat(await Array.fromAsync(files.read(file))).toString()
  }
  expect(files.entries.map(({ path, type }) => [path, type])).toEqual([
    ['d', 'directory'],
    ['d/a', 'file'],
    ['d/empty', 'directory'],
    ['d/link', 'symlink'],
    [long, 'file'],
    ['d.x', 'file'],
    ['hard', 'file'],
  ])
  expect([await read('d/a'), await read('hard'), await read(long), await read('d.x')]).toEqual([
    'aaa',
    'aaa',
    'long',
    '',
  ])
  const kept: string[] = []
  for await (const { path } of readTar(Readable.from(files.tarOf((path) => path !== 'd/a')))) kept.push(path)
  expect(kept.sort()).toEqual(['d', 'd.x', 'd/empty', 'd/link', long, 'hard'].sort())
})

it('makes folders that have no entry, and of a path that comes twice the later one counts', async () => {
  const files = await readContextFiles(stored(['./x/y/z', 'one'], ['x//y/z', 'two'], ['./', null]))
  expect(files.entries.map(({ path }) => path)).toEqual(['x', 'x/y', 'x/y/z'])
  const [, , file] = files.entries
  expect(Buffer.concat(await Array.fromAsync(files.read(file as never))).toString()).toBe('two')
})

it.each<[string, [string, string | null][]]>([
  ['leads out', [['../evil', 'x']]],
  ['leads out in the middle', [['a/../../evil', 'x']]],
  [
    'lies below a file',
    [
      ['a', 'x'],
      ['a/b', 'y'],
    ],
  ],
])('refuses a path that %s', async (_name, entries) => {
  await expect(readContextFiles(stored(...entries))).rejects.toMatchObject({ code: 'archive_invalid' })
})
