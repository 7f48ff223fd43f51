import { posix } from 'node:path'
import { isText, printableName } from '#lib/byte-name.ts'
import { AppError } from '../../errors.ts'
import { readTar, type TarEntry } from '../../tar/read.ts'

/** As many links as Linux follows (path_resolution(7) says 40; more than a few is a loop). */
const mostLinks = 10

/** What is asked of the engine, of one container. */
export interface Reads {
  archive(path: string): Promise<AsyncIterable<Buffer>>
  /** Where a link leads, null when the engine cannot tell. */
  linkTarget(path: string): Promise<string | null>
}

/**
 * The file or the folder at a path, its links followed: Docker gives the link itself, Podman what it leads to, or an empty
 * archive when it lies behind another link. The tar is read only as far as the body is; leave the generator to let go of
 * the engine. Throws file_not_found, file_name_not_text, file_not_regular, file_link_loop.
 */
export async function* openFile(reads: Reads, path: string): AsyncGenerator<TarEntry & { resolved: string }> {
  let at = path
  for (let links = 0; links < mostLinks; links++) {
    let target: string | null = null
    for await (const entry of readTar(await reads.archive(at))) {
      if (entry.type === 'symlink') {
        target = entry.linkTarget
        break
      }
      if (entry.type !== 'file' && entry.type !== 'hardlink' && entry.type !== 'directory')
        throw new AppError('file_not_regular', { params: { path } })
      yield { ...entry, resolved: at }
      return
    }
    // The engine knows the links on the way, too: by text, `../x` would be looked for beside a linked folder.
    const next =
      (await reads.linkTarget(at)) || (target === null ? at : posix.resolve(posix.dirname(at), target))
    if (next === at)
      throw target === null ? nothingAt(path) : new AppError('file_link_loop', { params: { path } })
    at = next
  }
  throw new AppError('file_link_loop', { params: { path } })
}

/** Docker 20.10 gives an empty archive for a file whose name is no UTF-8, though it has it in its folder's. */
const nothingAt = (path: string) =>
  new AppError(isText(path) ? 'file_not_found' : 'file_name_not_text', {
    params: { path: printableName(path) },
  })

/** Types that a browser may show, by their first bytes and not by their name. SVG is a document: shown as text. */
export function imageType(head: Buffer): string | null {
  const begins = (...bytes: number[]) => bytes.every((byte, index) => head[index] === byte)
  if (begins(0x89, 0x50, 0x4e, 0x47)) return 'image/png'
  if (begins(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (head.toString('latin1', 0, 4) === 'GIF8') return 'image/gif'
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP')
    return 'image/webp'
  if (head.toString('latin1', 4, 12) === 'ftypavif') return 'image/avif'
  if (begins(0x00, 0x00, 0x01, 0x00)) return 'image/x-icon'
  return null
}

/** Text is UTF-8 without zero bytes. A character that was cut at the end is no fault. */
export function textOf(head: Buffer, isWhole: boolean): string | null {
  if (head.includes(0)) return null
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    return decoder.decode(head, { stream: !isWhole })
  } catch {
    return null
  }
}
