import { expect, it } from 'vitest'
import { statOf } from './archive.ts'

const header = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

/** As Docker 28.5.2 and Podman 5.4.2 sent them. */
it.each([
  ['a folder of Docker', { mode: 2147484141, linkTarget: '' }, false, 'directory', 0o755, ''],
  ['a file', { mode: 488, linkTarget: '' }, false, 'file', 0o750, ''],
  ['a link', { mode: 134218239, linkTarget: '/data/sub' }, false, 'symlink', 0o777, '/data/sub'],
  ['a link of Podman', { mode: 134218239, isDir: true, linkTarget: '/s' }, false, 'symlink', 0o777, '/s'],
  ['what is behind it', { mode: 134218239, isDir: true, linkTarget: '/s/' }, true, 'directory', 0o777, '/s/'],
  ['a program that runs as its owner', { mode: 0x0080_01ed }, false, 'file', 0o4755, ''],
  ['a folder like /tmp', { mode: 0x8010_01ff }, false, 'directory', 0o1777, ''],
  ['a pipe', { mode: 0x0200_01a4 }, false, 'other', 0o644, ''],
] as const)('the stat of %s', (_, value, followed, kind, mode, linkTarget) => {
  expect(statOf(header(value), followed)).toEqual({ kind, mode, linkTarget })
})

it.each([undefined, '', 'no base64 %%%', header(null), header({ mode: 'x' }), header([])])(
  'no stat is in %s',
  (value) => {
    expect(statOf(value, false)).toBeNull()
  },
)
