import { expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { refused, statOf } from './archive.ts'
import { engineError } from './errors.ts'

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

it.each([
  // Docker documents 403 and sends 500 (20.10) or 400 (28).
  ...[403, 500, 400].map(
    (status) => [status, 'container rootfs is marked read-only', 'container_read_only'] as const,
  ),
  [403, 'mounted volume is marked read-only', 'container_read_only'],
  [
    500,
    'copier: put: error opening file "/new" for writing: open /new: read-only file system',
    'container_read_only',
  ],
  [
    500,
    'Error processing tar file(exit status 1): cannot overwrite directory "/d/sub" with non-directory "/d"',
    'folder_in_the_way',
  ],
  [500, 'copier: put: error creating file at "/d/sub": open /d/sub: file exists', 'folder_in_the_way'],
  [500, 'cannot overwrite non-directory "file" with directory "/d"', 'file_in_the_way'],
  [500, 'copier: put: error creating "/d/file": mkdir /d/file: file exists', 'file_in_the_way'],
  [500, 'openat file/x: not a directory', 'file_in_the_way'],
  [400, 'extraction point is not a directory', 'file_in_the_way'],
  [403, 'authorization denied by plugin', 'engine_rights_missing'],
  [500, 'no space left on device', 'engine_disk_full'],
] as const)('a refusal with %i, "%s", is %s', (status, message, code) => {
  const error = refused(engineError(status, JSON.stringify({ message }), 'container'), '/d')
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).code).toBe(code)
})
