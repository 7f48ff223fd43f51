import { describe, expect, it } from 'vitest'
import type { FilesFrame } from '#lib/contracts/files.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'
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
/** Changes a header's flag and link and makes its checksum right again. */
function linkTo(flag: '1' | '2', path: string, target: string): Buffer {
  const block = tarHeader({ ...common, path, type: 'file', size: 0 })
  block.write(flag, 156)
  block.write(target, 157)
  block.write('        ', 148, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
/** @param step milliseconds that pass between two looks at the clock */
async function frames(tar: AsyncIterable<Buffer>, limits = walkLimits, step = 0): Promise<FilesFrame[]> {
  const found: FilesFrame[] = []
  let time = 0
  const now = () => {
    time += step
    return time
  }
  for await (const frame of listFolder(tar, '/x', true, limits, now)) found.push(frame)
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

  it('shows a hard link as big as its file, and counts it once', async () => {
    const all = await frames(
      tarOf(
        folder('x'),
        folder('x/a'),
        file('x/a/1', 100),
        linkTo('1', 'x/a/2', 'x/a/1'),
        linkTo('1', 'x/b', 'x/a/1'),
      ),
    )
    const entries = all.flatMap((frame) => (frame.type === 'entries' ? frame.entries : []))
    expect(entries.find(({ name }) => name === 'b')).toMatchObject({ kind: 'file', size: 100 })
    expect(all.find(({ type }) => type === 'size')).toEqual({ type: 'size', name: 'a', size: 100 })
  })

  it('comes in the same order however slow it comes', async () => {
    const parts = [
      folder('x'),
      file('x/0', 1),
      folder('x/a'),
      file('x/a/1', 100),
      folder('x/b'),
      file('x/c', 7),
    ]
    const order = async (step: number) =>
      (await frames(tarOf(...parts), walkLimits, step)).flatMap((frame) =>
        frame.type === 'entries'
          ? frame.entries.map(({ name }) => name)
          : frame.type === 'size'
            ? [`${frame.name}: ${frame.size}`]
            : [],
      )
    const [fast, slow] = [await order(0), await order(1000)]
    expect(fast).toEqual(['0', 'a', 'a: 100', 'b', 'b: 0', 'c'])
    expect(slow).toEqual(fast)
    const walked = async (step: number) =>
      (await frames(tarOf(...parts), walkLimits, step)).filter(({ type }) => type === 'walked').length
    expect([await walked(0), await walked(1000)]).toEqual([0, 5])
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
  const link = (target: string) => linkTo('2', 'l', target)
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
    await expect(opened({ '/l': link('l') }, '/l')).rejects.toMatchObject({ code: 'file_link_loop' })
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
