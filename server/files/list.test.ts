import { describe, expect, it } from 'vitest'
import type { FilesFrame } from '#lib/contracts/files.ts'
import { tarEnd, tarHeader, tarPadding } from '../archives/tar/write.ts'
import { imageType, openFile, textOf } from './content.ts'
import { listFolder, walkLimits } from './list.ts'

const common = { mode: 0o644, uid: 5, gid: 6, mtime: 1 }
const folder = (path: string) => tarHeader({ ...common, path: `${path}/`, type: 'directory', size: 0 })
const file = (path: string, size: number) =>
  Buffer.concat([tarHeader({ ...common, path, type: 'file', size }), Buffer.alloc(size), tarPadding(size)])
async function* tarOf(...parts: Buffer[]) {
  yield* parts
  yield tarEnd()
}
async function frames(tar: AsyncIterable<Buffer>, limits = walkLimits): Promise<FilesFrame[]> {
  const found: FilesFrame[] = []
  for await (const frame of listFolder(tar, '/x', true, limits)) found.push(frame)
  return found
}

describe('a folder from its archive', () => {
  it('has its own entries, and folders with the size of all below them', async () => {
    const all = await frames(
      tarOf(
        folder('x'),
        folder('x/a'),
        file('x/a/1', 100),
        folder('x/a/deep'),
        file('x/a/deep/2', 50),
        file('x/b', 7),
      ),
    )
    const entries = all.flatMap((frame) => (frame.type === 'entries' ? frame.entries : []))
    expect(entries.map(({ name, kind, size }) => ({ name, kind, size }))).toEqual([
      { name: 'a', kind: 'directory', size: 0 },
      { name: 'b', kind: 'file', size: 7 },
    ])
    expect(all.find(({ type }) => type === 'size')).toEqual({ type: 'size', name: 'a', size: 150 })
    expect(all[0]).toEqual({ type: 'folder', path: '/x', owner: { uid: 5, gid: 6 } })
    expect(all.at(-1)).toEqual({ type: 'end', complete: true })
  })

  it.each([
    ['bytes', { ...walkLimits, bytes: 500 }],
    ['entries', { ...walkLimits, entries: 2 }],
    ['time', { ...walkLimits, milliseconds: -1 }],
  ])('is cut at the limit of %s, and says so', async (_, limits) => {
    const many = Array.from({ length: 10 }, (_, index) => file(`x/${index}`, 100))
    const all = await frames(tarOf(folder('x'), ...many), limits)
    expect(all.at(-1)).toEqual({ type: 'end', complete: false })
    const entries = all.flatMap((frame) => (frame.type === 'entries' ? frame.entries : []))
    expect(entries.length).toBeLessThan(10)
  })

  it('is none when the archive is of a file, or empty', async () => {
    await expect(frames(tarOf(file('x', 3)))).rejects.toMatchObject({ code: 'file_not_regular' })
    await expect(frames(tarOf())).rejects.toMatchObject({ code: 'file_not_found' })
  })
})

describe('a file behind links', () => {
  const link = (target: string) => {
    const block = tarHeader({ ...common, path: 'l', type: 'file', size: 0 })
    block.write('2', 156)
    block.write(target, 157)
    block.write('        ', 148, 'latin1')
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return block
  }
  const opened = async (files: Record<string, Buffer>, path: string, known: Record<string, string> = {}) => {
    const reads = {
      archive: async (at: string) => tarOf(...(files[at] ? [files[at]] : [])),
      linkTarget: async (at: string) => known[at] ?? null,
    }
    for await (const entry of openFile(reads, path)) return entry.resolved
    return null
  }
  it('is found where the engine says, which knows the links on the way (Podman then sends nothing)', async () => {
    const known = { '/linked/l': '/real/f' }
    expect(await opened({ '/linked/l': link('../f'), '/real/f': file('f', 1) }, '/linked/l', known)).toBe(
      '/real/f',
    )
    expect(await opened({ '/real/f': file('f', 1) }, '/linked/l', known)).toBe('/real/f')
    // Podman says of everything that it leads to itself.
    await expect(opened({}, '/gone', { '/gone': '/gone' })).rejects.toMatchObject({ code: 'file_not_found' })
  })
  it('is found from the folder of each link', async () => {
    const files = { '/a/l': link('../b/m'), '/b/m': link('/c/f'), '/c/f': file('f', 1) }
    expect(await opened(files, '/a/l')).toBe('/c/f')
  })
  it('is given up in a loop', async () => {
    await expect(opened({ '/l': link('l') }, '/l')).rejects.toMatchObject({ code: 'file_not_found' })
  })
})

it.each([
  ['89504e470d0a1a0a', 'image/png'],
  ['ffd8ffe0', 'image/jpeg'],
  ['474946383961', 'image/gif'],
  ['524946460000000057454250', 'image/webp'],
  ['3c737667', null],
  ['', null],
])('first bytes %s are %s', (hex, type) => expect(imageType(Buffer.from(hex, 'hex'))).toBe(type))

it('text is UTF-8 without zeros, also when it is cut in a character', () => {
  expect(textOf(Buffer.from('ä').subarray(0, 1), false)).toBe('')
  expect(textOf(Buffer.from('ä').subarray(0, 1), true)).toBeNull()
  expect(textOf(Buffer.from('a\0b'), true)).toBeNull()
  expect(textOf(Buffer.from('grün'), true)).toBe('grün')
})
