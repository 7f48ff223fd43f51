import { Readable } from 'node:stream'
import { encodeName } from '#lib/byte-name.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { isPattern, plainPath, podmanPath } from './podman-path.ts'
import { segments, send, sendForText } from './request.ts'

/** Paths are text whose bytes come back by `encodeName`. */
export interface ArchiveCalls {
  /**
   * What is at a path of a container, running or not, as a tar: one entry for a file, for a folder itself and all below.
   * With a slash at its end, the path of a link leads to the folder behind it (on Podman without one, too).
   * Throws file_not_found, container_not_found.
   */
  readArchive(id: string, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
  /**
   * What a path is, without its content, and with a slash at its end what is behind a link; null where there is nothing, and where the engine cannot tell (an answer to
   * HEAD has no text: below a file Docker says 500).
   */
  statArchive(id: string, path: string, signal: AbortSignal): Promise<PathStat | null>
  /**
   * Unpacks a tar into a folder of a container. Docker throws file_not_found for one that is not there, Podman makes it.
   * Throws folder_in_the_way, file_in_the_way, container_read_only: nothing is replaced by something of another kind.
   */
  writeArchive(id: string, path: string, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
}

/** From the header `X-Docker-Container-Path-Stat`. */
export interface PathStat {
  kind: 'file' | 'directory' | 'symlink' | 'other'
  /** Permission bits; of a link on Podman, the link's. */
  mode: number
  /** Where a link leads in the end, as the engine finds it; of other things, empty or the path itself. */
  linkTarget: string
}

export function createArchiveCalls({ transport, docker, isPodman, json }: EngineContext): ArchiveCalls {
  const path = (id: string) => docker(`/containers/${segments(id)}/archive`)
  /** What the engine has to be told for it to read that very path. */
  const asked = async (id: string, of: string, signal: AbortSignal): Promise<string> => {
    if (!isPodman() || !isPattern(of)) return of
    const { State, Mounts } = await json<{
      State?: { Status?: string }
      Mounts?: { Destination: string }[]
    }>(docker(`/containers/${segments(id)}/json`), { subject: 'container' }, { signal })
    return podmanPath(
      of,
      State?.Status === 'running' ? [] : (Mounts ?? []).map(({ Destination }) => Destination),
    )
  }
  const stat = async (id: string, of: string, signal: AbortSignal): Promise<PathStat | null> => {
    const told = await asked(id, of, signal)
    try {
      const { headers, body } = await send(transport, {
        method: 'HEAD',
        path: path(id),
        query: { path: encodeName(told) },
        subject: 'container',
        signal,
        timeoutMs: timeouts.read,
      })
      body.resume()
      const found = statOf(headers['x-docker-container-path-stat'], of.endsWith('/'))
      return found && told !== of ? { ...found, linkTarget: plainPath(found.linkTarget) } : found
    } catch (error) {
      if (error instanceof AppError && ['container_not_found', 'engine_error'].includes(error.code))
        return null
      throw error
    }
  }
  /** Where a container does not run, Podman follows the links on the way itself, and takes where they lead for a pattern. */
  const behindLinks = async (id: string, of: string, signal: AbortSignal): Promise<string> => {
    if (!isPodman() || isPattern(of)) return of
    const found = await stat(id, of, signal)
    return found && found.kind !== 'symlink' && isPattern(found.linkTarget) ? found.linkTarget : of
  }
  return {
    async readArchive(id, of, signal) {
      const told = await asked(id, await behindLinks(id, of, signal), signal)
      const answer = await send(transport, {
        method: 'GET',
        path: path(id),
        query: { path: encodeName(told) },
        subject: 'container',
        signal,
        timeoutMs: timeouts.list,
      }).catch((error) => {
        throw missing(error, of)
      })
      return readable(answer.body, transport.explain)
    },
    statArchive: stat,
    async writeArchive(id, into, tar, signal) {
      const body = Readable.from(tar, { objectMode: false })
      try {
        await sendForText(transport, {
          method: 'PUT',
          path: path(id),
          subject: 'container',
          signal,
          // Without it Docker removes a folder, with all that is in it, for a file of its name.
          query: { path: encodeName(into), noOverwriteDirNonDir: true },
          stream: { contentType: 'application/x-tar', body },
          timeoutMs: timeouts.transfer,
        })
      } catch (error) {
        throw refused(missing(error, into), into)
      } finally {
        body.destroy()
      }
    },
  }
}

async function* readable(body: AsyncIterable<Buffer>, explain: (error: unknown) => Error) {
  try {
    yield* body
  } catch (error) {
    throw explain(error)
  }
}

/** A 404 may be about the container or about the path: the text tells. */
function missing(error: unknown, path: string): unknown {
  if (!(error instanceof AppError)) return error
  const { detail = '' } = error.context
  // ELOOP, in the words of Go's syscall package and of Podman's securejoin.
  if (/too many (levels of symbolic )?links/i.test(detail))
    return new AppError('file_link_loop', { detail, params: { path }, cause: error })
  if (error.code !== 'container_not_found') return error
  if (/no such container|no container with/i.test(detail)) return error
  return new AppError('file_not_found', { detail, params: { path }, cause: error })
}

/** Texts of Docker 20 and 28 and of Podman 4 and 5, whose status says nothing (Docker documents 403 and sends 400 or 500). */
const refusals: readonly (readonly [RegExp, ErrorCode])[] = [
  [/(rootfs|volume) is marked read-only|read-only file system/i, 'container_read_only'],
  [/cannot overwrite directory|error creating file at .*: file exists/i, 'folder_in_the_way'],
  [
    /cannot overwrite non-directory|mkdir .*: file exists|not a directory|extraction point is not/i,
    'file_in_the_way',
  ],
]

/** An engine's refusal to unpack something, told by its text; any other error as it is. */
export function refused(error: unknown, path: string): unknown {
  if (!(error instanceof AppError)) return error
  const { detail = '' } = error.context
  const known = refusals.find(([pattern]) => pattern.test(detail))
  return known ? new AppError(known[1], { detail, params: { path }, cause: error }) : error
}

/** Go's FileMode (io/fs): the kind in the high bits. Podman gives those of a link and tells its folder apart. */
const goMode = { directory: 0x8000_0000, symlink: 0x0800_0000, anyKind: 0x8f28_0000 }
const unixBits = [
  [0x0080_0000, 0o4000],
  [0x0040_0000, 0o2000],
  [0x0010_0000, 0o1000],
] as const

/**
 * Null for what is no such header.
 * @param followed Podman says of a link whether there is a folder behind it, and its mode all the same.
 */
export function statOf(header: string | string[] | undefined, followed: boolean): PathStat | null {
  try {
    const text = Buffer.from(String(header), 'base64').toString('utf8')
    const { mode, linkTarget, isDir } = JSON.parse(text) as Record<string, unknown>
    if (typeof mode !== 'number') return null
    const has = (bit: number) => Math.floor(mode / bit) % 2 === 1
    const special = unixBits.reduce((bits, [go, unix]) => bits | (has(go) ? unix : 0), 0)
    return {
      kind:
        has(goMode.directory) || (followed && isDir === true)
          ? 'directory'
          : has(goMode.symlink)
            ? 'symlink'
            : (mode & goMode.anyKind) === 0
              ? 'file'
              : 'other',
      mode: (mode & 0o777) | special,
      linkTarget: typeof linkTarget === 'string' ? linkTarget : '',
    }
  } catch {
    return null
  }
}
