import type { FileEntry, FileKind, FileOwner, FilesFrame } from '#lib/contracts/files.ts'
import { AppError } from '../../errors.ts'
import { readTar, type TarEntry, type TarEntryType } from '../../tar/read.ts'

/** Where a walk ends: the root of a container with a big volume would be read for minutes. */
export interface WalkLimits {
  bytes: number
  milliseconds: number
  entries: number
}
export const walkLimits: WalkLimits = { bytes: 8 * 1024 ** 3, milliseconds: 120_000, entries: 50_000 }

/** Milliseconds between two frames. */
const frameMs = 100

const kinds: Record<TarEntryType, FileKind> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  hardlink: 'file',
  character: 'device',
  block: 'device',
  fifo: 'fifo',
  other: 'other',
}

/**
 * The entries of one folder, from the archive of it.
 * Time decides only how entries are parted into frames and where `walked` comes in between; a folder's size always
 * comes after the folder.
 * @param tellsOwners whether the archive says whose an entry is
 * @param now milliseconds
 * @throws file_not_regular where the path is no folder
 */
export async function* listFolder(
  tar: AsyncIterable<Uint8Array>,
  path: string,
  tellsOwners: boolean,
  limits: WalkLimits = walkLimits,
  now: () => number = () => performance.now(),
): AsyncGenerator<FilesFrame> {
  const began = now()
  let root: string | null = null
  let sent = began
  let entries: FileEntry[] = []
  let count = 0
  let bytes = 0
  /** The folder that is being walked, and what was found in it. */
  let walking: { name: string; size: number } | null = null
  /** Of files that a hard link may name later on: the link itself has no bytes in the archive. */
  const sizes = new Map<string, number>()
  const flush = function* (): Generator<FilesFrame> {
    if (entries.length > 0) yield { type: 'entries', entries }
    entries = []
    sent = now()
  }
  for await (const entry of readTar(tar)) {
    if (root === null) {
      if (entry.type !== 'directory') throw new AppError('file_not_regular', { params: { path } })
      root = entry.path
      yield { type: 'folder', path, owner: ownerOf(entry) }
      continue
    }
    const [name = '', ...below] = entry.path.slice(root.length).replace(/^\/+/, '').split('/')
    bytes += entry.size
    if (entry.type === 'file' && sizes.size < limits.entries) sizes.set(entry.path, entry.size)
    if (walking && (below.length === 0 || walking.name !== name)) {
      yield* flush()
      yield { type: 'size', ...walking }
      walking = null
    }
    if (below.length === 0 && name !== '') {
      if (++count > limits.entries) return yield* end(false)
      // Shown as `ls` shows it; in the sums of folders it counts once, as on the disk.
      const size = entry.type === 'hardlink' ? (sizes.get(entry.linkTarget) ?? 0) : entry.size
      entries.push({ ...entryOf(name, entry), size, owner: ownerOf(entry) })
      if (entry.type === 'directory') walking = { name, size: 0 }
    } else if (walking) walking.size += entry.size
    if (now() - sent > frameMs) {
      yield* flush()
      yield { type: 'walked', bytes }
    }
    if (bytes > limits.bytes || now() - began > limits.milliseconds) return yield* end(false)
  }
  if (root === null) throw new AppError('file_not_found', { params: { path } })
  yield* end(true)

  function ownerOf({ uid, gid }: TarEntry): FileOwner | null {
    return tellsOwners ? { uid, gid } : null
  }
  function* end(complete: boolean): Generator<FilesFrame> {
    yield* flush()
    if (walking && complete) yield { type: 'size', ...walking }
    yield { type: 'end', complete }
  }
}

function entryOf(name: string, entry: TarEntry): Omit<FileEntry, 'owner' | 'size'> {
  const { type, mode, mtime, linkTarget } = entry
  return {
    name,
    kind: kinds[type],
    mode,
    mtime,
    target: type === 'symlink' ? linkTarget : '',
  }
}
