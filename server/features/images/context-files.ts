import { createReadStream } from 'node:fs'
import { posix } from 'node:path'
import { type ContextFile, type ContextFiles, comparePaths } from '../../engine/buildkit/file-sync.ts'
import { AppError } from '../../errors.ts'
import { padding, readTar, type TarEntry } from '../../tar/read.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'

/** Of one context: all of them are kept in memory while it is built. */
const mostEntries = 1_000_000

interface Placed extends ContextFile {
  /** Where its header begins in the tar, and its bytes do. */
  start: number
  offset: number
  /** It is another name of an earlier file, whose bytes it has. */
  isHardLink: boolean
}

export interface StoredContext extends ContextFiles {
  /** A tar of what is kept: the entries as they came, and a file for each hard link, whose other name may be left out. */
  tarOf(keeps: (path: string) => boolean): AsyncGenerator<Buffer>
}

/**
 * Files of a context that lies on the disk as a plain tar, read by their place in it. A later entry of a path replaces
 * the earlier one; folders that have no entry are made. Devices and pipes are left out, as no Dockerfile can copy one.
 * Throws archive_invalid for a path that leads out of the context or lies below a file or a link; archive_truncated.
 */
export async function readContextFiles(tarPath: string): Promise<StoredContext> {
  const found = new Map<string, Placed>()
  for await (const entry of readTar(createReadStream(tarPath))) {
    const path = insidePath(entry.path)
    if (path === null)
      throw new AppError('archive_invalid', { detail: `${entry.path}: outside of the context.` })
    if (path === '') continue
    if (found.size >= mostEntries)
      throw new AppError('archive_invalid', { detail: `More than ${mostEntries} files.` })
    const placed = placedOf(entry, path, found)
    // In the order of the tar, of the entry that counts.
    found.delete(path)
    if (placed) found.set(path, placed)
  }
  addFolders(found)
  const entries = [...found.values()].sort((a, b) => comparePaths(a.path, b.path))
  async function* read(file: ContextFile): AsyncGenerator<Buffer> {
    const { offset, size } = file as Placed
    // An empty range cannot be asked for: its end is inclusive.
    if (size > 0) yield* createReadStream(tarPath, { start: offset, end: offset + size - 1 })
  }
  return {
    entries,
    read,
    async *tarOf(keeps) {
      // Folders that were made here have no header.
      const kept = [...found.values()].filter(({ path, offset }) => offset > 0 && keeps(path))
      const own = kept.filter(({ isHardLink }) => !isHardLink)
      let next = null as { start: number; end: number } | null
      for (const { start, offset, size } of own.sort((a, b) => a.start - b.start)) {
        const end = offset + size + padding(size)
        if (next?.end === start) next.end = end
        else {
          if (next) yield* createReadStream(tarPath, { start: next.start, end: next.end - 1 })
          next = { start, end }
        }
      }
      if (next) yield* createReadStream(tarPath, { start: next.start, end: next.end - 1 })
      for (const link of kept.filter(({ isHardLink }) => isHardLink)) {
        yield tarHeader({ ...link, type: 'file', uid: 0, gid: 0 })
        yield* read(link)
        yield tarPadding(link.size)
      }
      yield tarEnd()
    },
  }
}

/** A Dockerfile alone is a context of one file. */
export function oneFile(path: string, text: string): ContextFiles {
  const body = Buffer.from(text)
  const name = insidePath(path) ?? path
  const file = { path: name, type: 'file' as const, size: body.length, mode: 0o644, mtime: 0, linkTarget: '' }
  const found = new Map<string, Placed>([[name, { ...file, start: 0, offset: 0, isHardLink: false }]])
  addFolders(found)
  return {
    entries: [...found.values()].sort((a, b) => comparePaths(a.path, b.path)),
    async *read() {
      yield body
    },
  }
}

function placedOf(entry: TarEntry, path: string, found: ReadonlyMap<string, Placed>): Placed | null {
  const { type, size, mode, mtime, linkTarget, start, offset } = entry
  const place = { path, mode, mtime, start, offset, isHardLink: false }
  if (type === 'file' || type === 'directory') return { ...place, type, size, linkTarget: '' }
  if (type === 'symlink') return { ...place, type, size: 0, linkTarget }
  if (type !== 'hardlink') return null
  const target = found.get(insidePath(linkTarget) ?? '')
  if (target?.type !== 'file')
    throw new AppError('archive_invalid', {
      detail: `${path}: a link to ${linkTarget}, which is not before it.`,
    })
  return { ...target, path, isHardLink: true }
}

function addFolders(found: Map<string, Placed>): void {
  for (const { path } of Array.from(found.values())) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      const known = found.get(folder)
      if (known && known.type !== 'directory')
        throw new AppError('archive_invalid', {
          detail: `${path}: lies below ${folder}, which is no folder.`,
        })
      if (known) break
      const rest = { size: 0, mode: 0o755, mtime: 0, linkTarget: '', start: 0, offset: 0, isHardLink: false }
      found.set(folder, { path: folder, type: 'directory', ...rest })
    }
  }
}

/** Below the context, '' for itself; null for what leads out of it. */
function insidePath(path: string): string | null {
  const clean = posix.normalize(path).replace(/^\/+|\/+$/g, '')
  if (clean === '.' || clean === '') return ''
  return clean === '..' || clean.startsWith('../') || clean.includes('\0') ? null : clean
}
