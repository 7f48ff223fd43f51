import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTar } from './read.ts'
import { tarEnd, tarHeader, tarOfFile, tarPadding } from './write.ts'

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function entriesOf(bytes: Buffer, size = 1000, readBodies = true) {
  const found: {
    path: string
    type: string
    size: number
    text: string
    linkTarget: string
    mode: number
  }[] = []
  for await (const { path, type, size: length, linkTarget, mode, body } of readTar(inChunks(bytes, size))) {
    const parts: Buffer[] = []
    if (readBodies) for await (const part of body) parts.push(part)
    found.push({ path, type, size: length, linkTarget, mode, text: Buffer.concat(parts).toString('utf8') })
  }
  return found
}
const entry = { type: 'file' as const, mode: 0o640, uid: 1000, gid: 1001, mtime: 1_700_000_000 }
const file = (path: string, text: string) =>
  Buffer.concat([
    tarHeader({ ...entry, path, size: Buffer.byteLength(text) }),
    Buffer.from(text),
    tarPadding(Buffer.byteLength(text)),
  ])
const whole = (...parts: Buffer[]) => Buffer.concat([...parts, tarEnd()])
/** Changes a header's bytes and makes its checksum right again. */
function forged(block: Buffer, change: (block: Buffer) => void): Buffer {
  const copy = Buffer.from(block)
  change(copy)
  copy.write('        ', 148, 'latin1')
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return copy
}

let folder = ''
const long = `${'deep/'.repeat(60)}${'n'.repeat(120)}.txt`
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadstead-tar-'))
  mkdirSync(join(folder, 'in', ...long.split('/').slice(0, -1)), { recursive: true })
  writeFileSync(join(folder, 'in', long), 'far away')
  writeFileSync(join(folder, 'in', 'größe.txt'), 'ü')
  writeFileSync(join(folder, 'in', 'empty'), '')
  symlinkSync('x'.repeat(150), join(folder, 'in', 'link'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a tar of the real tar program', () => {
  it.each(['gnu', 'posix', 'ustar'])('in the format %s is read in chunks of any size', async (format) => {
    const out = join(folder, `${format}.tar`)
    const names = format === 'ustar' ? ['größe.txt', 'empty'] : ['.']
    execFileSync('tar', [`--format=${format}`, '--sort=name', '-cf', out, '-C', join(folder, 'in'), ...names])
    const bytes = execFileSync('cat', [out], { maxBuffer: 1e8 })
    for (const size of [1, 511, 512, 513, 1e6]) {
      const found = await entriesOf(bytes, size)
      const texts = Object.fromEntries(found.map(({ path, text }) => [path.replace(/^\.\//, ''), text]))
      expect(texts).toMatchObject({
        'größe.txt': 'ü',
        empty: '',
        ...(format === 'ustar' ? {} : { [long]: 'far away' }),
      })
      if (format !== 'ustar')
        expect(found.find(({ type }) => type === 'symlink')?.linkTarget).toBe('x'.repeat(150))
    }
    const skipped = await entriesOf(bytes, 700, false)
    expect(skipped.map(({ path }) => path)).toEqual((await entriesOf(bytes)).map(({ path }) => path))
  })

  it('reads what is written here', async () => {
    const bytes: Buffer[] = []
    const path = `${'ä'.repeat(80)}/file`
    for await (const part of tarOfFile({ ...entry, path, size: 5 }, inChunks(Buffer.from('hello'), 2)))
      bytes.push(part)
    const out = join(folder, 'ours.tar')
    writeFileSync(out, Buffer.concat(bytes))
    expect(execFileSync('tar', ['-xOf', out], { encoding: 'utf8' })).toBe('hello')
    expect(execFileSync('tar', ['--numeric-owner', '-tvf', out], { encoding: 'utf8' })).toMatch(
      /^-rw-r----- 1000\/1001 +5 /,
    )
  })
})

it('says sizes that octal cannot', async () => {
  const header = tarHeader({ ...entry, path: 'big', size: 9 * 1024 ** 3 })
  const iterator = readTar(inChunks(header, 512))
  expect((await iterator.next()).value).toMatchObject({ path: 'big', size: 9 * 1024 ** 3 })
})

it('refuses to write a file that is not as long as was said', async () => {
  const drain = async (text: string) => {
    for await (const _ of tarOfFile({ ...entry, path: 'x', size: 5 }, inChunks(Buffer.from(text), 3)));
  }
  await expect(drain('four')).rejects.toThrow(RangeError)
  await expect(drain('longer')).rejects.toThrow(RangeError)
})

describe('hostile bytes', () => {
  const head = tarHeader({ ...entry, path: 'a', size: 3 })
  const pax = (text: string, flag = 'x') =>
    Buffer.concat([
      forged(tarHeader({ ...entry, path: 'PaxHeader', size: Buffer.byteLength(text) }), (block) =>
        block.write(flag, 156),
      ),
      Buffer.from(text),
      tarPadding(Buffer.byteLength(text)),
    ])
  it.each<[string, Buffer, string]>([
    ['no tar', Buffer.alloc(512, 'x'), 'archive_invalid'],
    [
      'a wrong checksum',
      whole(Buffer.concat([Buffer.from('b'), file('a', 'abc').subarray(1)])),
      'archive_invalid',
    ],
    ['an end in a header', file('a', 'abc').subarray(0, 300), 'archive_truncated'],
    ['an end in a body', file('a', 'abc').subarray(0, 514), 'archive_truncated'],
    ['an end in the padding', file('a', 'abc').subarray(0, 600), 'archive_truncated'],
    ['a negative size', forged(head, (block) => block.fill(0xff, 124, 136)), 'archive_invalid'],
    [
      'a size beyond all numbers',
      forged(head, (block) => block.fill(0x7f, 125, 136).fill(0x80, 124, 125)),
      'archive_invalid',
    ],
    [
      'a size that is no number',
      forged(head, (block) => block.write('9'.repeat(11), 124)),
      'archive_invalid',
    ],
    ['a pax record whose length lies', whole(pax('99 path=b\n')), 'archive_invalid'],
    ['a pax record without a length', whole(pax('path=b\n')), 'archive_invalid'],
    ['a pax size that is no number', whole(pax('11 size=-1\n')), 'archive_invalid'],
    ['a pax name with a zero', whole(pax('12 path=a\0b\n')), 'archive_invalid'],
    ['a sparse file', whole(pax('22 GNU.sparse.major=1\n')), 'archive_invalid'],
    [
      'a sparse file of old GNU tar',
      whole(
        forged(file('a', 'abc'), (block) => block.write('S', 156)),
        file('b', ''),
      ),
      'archive_invalid',
    ],
    ['a folder with content', whole(file('a/', 'abc')), 'archive_invalid'],
    ['a global path', whole(pax('10 path=b\n', 'g'), file('a', 'abc')), 'archive_invalid'],
    ['a global link', whole(pax('14 linkpath=b\n', 'g'), file('a', 'abc')), 'archive_invalid'],
    ['a global size', whole(pax('10 size=9\n', 'g'), file('a', 'abc')), 'archive_invalid'],
    [
      'a huge extended header',
      forged(tarHeader({ ...entry, path: 'x', size: 2e6 }), (block) => block.write('x', 156)),
      'archive_invalid',
    ],
  ])('%s', async (_, bytes, code) => {
    await expect(entriesOf(bytes)).rejects.toMatchObject({ code })
  })

  it('are not what every archive of git, and a folder of an old tar, have', async () => {
    const found = await entriesOf(whole(pax('13 comment=c\n', 'g'), file('a', 'abc'), file('old/', '')))
    expect(found.map(({ path, type }) => `${path} ${type}`)).toEqual(['a file', 'old directory'])
  })

  it('of names are names, and nothing else', async () => {
    const found = await entriesOf(whole(file('../../etc/passwd', ''), file('/abs', '')))
    expect(found.map(({ path }) => path)).toEqual(['../../etc/passwd', '/abs'])
  })

  it('never hang or crash it: a thousand changed bytes', async () => {
    const good = whole(file('a', 'abc'), pax('10 path=bb\n'.replace('10', '11')), file('c', 'x'.repeat(2000)))
    for (let seed = 1; seed <= 1000; seed++) {
      const bytes = Buffer.from(good)
      bytes[(seed * 7919) % bytes.length] = (seed * 31) % 256
      await entriesOf(bytes, 333).catch((error: { code?: string }) => expect(error.code).toMatch(/^archive_/))
    }
  })

  it('take no more than is asked for: the source is told when the reader leaves', async () => {
    let ended = false
    async function* endless() {
      try {
        yield file('a', 'abc')
        for (;;) yield Buffer.alloc(512, 'x')
      } finally {
        ended = true
      }
    }
    for await (const _ of readTar(endless())) break
    expect(ended).toBe(true)
  })
})
