import type { FileEntry, FileKind, FileOwner, FilesFrame } from '#lib/contracts/files.ts'
import { readTar, type TarEntry, type TarEntryType } from '../archives/tar/read.ts'
import { AppError } from '../errors.ts'

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
  ...{ file: 'file', directory: 'directory', symlink: 'symlink', hardlink: 'file' },
  ...{ character: 'device', block: 'device', fifo: 'fifo', other: 'other' },
}

/**
 * The entries of one folder, from the archive of it.
 * @param tellsOwners whether the archive says whose an entry is
 * @throws file_not_regular where the path is no folder
 */
export async function* listFolder(
  tar: AsyncIterable<Uint8Array>,
  path: string,
  tellsOwners: boolean,
  limits: WalkLimits = walkLimits,
): AsyncGenerator<FilesFrame> {
  const began = performance.now()
  let root: string | null = null
  let sent = performance.now()
  let entries: FileEntry[] = []
  let count = 0
  let bytes = 0
  /** The folder that is being walked, and what was found in it. */
  let walking: { name: string; size: number } | null = null
  const flush = function* (): Generator<FilesFrame> {
    if (entries.length > 0) yield { type: 'entries', entries }
    entries = []
    sent = performance.now()
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
    if (walking && (below.length === 0 || walking.name !== name)) {
      yield* flush()
      yield { type: 'size', ...walking }
      walking = null
    }
    if (below.length === 0 && name !== '') {
      if (++count > limits.entries) return yield* end(false)
      entries.push({ ...entryOf(name, entry), owner: ownerOf(entry) })
      if (entry.type === 'directory') walking = { name, size: 0 }
    } else if (walking) walking.size += entry.size
    if (performance.now() - sent > frameMs) {
      yield* flush()
      yield { type: 'walked', bytes }
    }
    if (bytes > limits.bytes || performance.now() - began > limits.milliseconds) return yield* end(false)
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

function entryOf(name: string, entry: TarEntry): Omit<FileEntry, 'owner'> {
  const { type, size, mode, mtime, linkTarget } = entry
  return {
    ...{ name, kind: kinds[type], size, mode, mtime },
    target: type === 'symlink' ? linkTarget : '',
  }
}
