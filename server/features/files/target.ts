import { posix } from 'node:path'
import type { ArchiveCalls, PathStat } from '../../engine/archive.ts'
import { AppError } from '../../errors.ts'
import { readTar } from '../../tar/read.ts'

/** Where an upload goes, and what is there. */
export interface UploadTarget {
  /** The deepest folder on the way that is there already, and the name below it. */
  folder: string
  name: string
  /** The file that is replaced, or the folder that is there; null for something new, and for a link, which is replaced. */
  existing: PathStat | null
}

/**
 * Looks before anything is sent: engines refuse in the middle of an upload, and Docker 28 follows no link on the way to a
 * name (it makes a folder of the link's own text), while the folder itself may be one.
 * @throws folder_in_the_way, file_in_the_way
 */
export async function uploadTarget(
  stat: (path: string) => Promise<PathStat | null>,
  { path, name, isFolder }: { path: string; name: string; isFolder: boolean },
): Promise<UploadTarget> {
  const whole = posix.join(path, name)
  const there = await stat(isFolder ? `${whole}/` : whole)
  if (there && isFolder !== (there.kind === 'directory') && (isFolder || there.kind !== 'symlink'))
    throw new AppError(isFolder ? 'file_in_the_way' : 'folder_in_the_way', { params: { path: whole } })
  const existing = there?.kind === 'symlink' ? null : there
  const parts = name.split('/')
  for (let count = parts.length - 1; count > 0; count--) {
    const folder = posix.join(path, ...parts.slice(0, count))
    if (there || (await stat(`${folder}/`))?.kind === 'directory')
      return { folder, name: parts.slice(count).join('/'), existing }
  }
  return { folder: path, name, existing }
}

/** Whose a file is, by its archive, which is left after its first header. Null where it is gone. */
export async function ownerOf(
  read: ArchiveCalls['readArchive'],
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<{ uid: number; gid: number } | null> {
  for await (const { uid, gid } of readTar(await read(id, path, signal))) return { uid, gid }
  return null
}
