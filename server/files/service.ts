import { posix } from 'node:path'
import type { FilePreview, FilesFrame } from '#lib/contracts/files.ts'
import type { Permission } from '#lib/permissions.ts'
import type { TarEntry } from '../archives/tar/read.ts'
import { tarEnd, tarHeader, tarOfFile } from '../archives/tar/write.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import type { ContainerRef } from '../containers/details.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import type { Policy } from '../policy/index.ts'
import { imageType, openFile, textOf } from './content.ts'
import { listFolder } from './list.ts'
import { ownerOf, uploadTarget } from './target.ts'

/** Bytes of a text that are shown. */
const previewBytes = 256 * 1024
/** Bytes up to which an image is shown. */
const imageBytes = 20 * 1024 * 1024

export interface Upload {
  /** The folder, and the name below it. */
  path: string
  name: string
  /** Bytes; null for a folder. */
  size: number | null
  /** Of something new. */
  mode: number
  uid: number
  gid: number
}

export interface FileService {
  list(principal: Principal, ref: ContainerRef, path: string, signal: AbortSignal): AsyncGenerator<FilesFrame>
  preview(principal: Principal, ref: ContainerRef, path: string, signal: AbortSignal): Promise<FilePreview>
  /** One file's bytes. `type` is an image's, by its first bytes, or octets. */
  content(
    principal: Principal,
    ref: ContainerRef,
    path: string,
    signal: AbortSignal,
  ): Promise<{ size: number; type: string; body: AsyncGenerator<Buffer> }>
  /** A folder with all that is in it, as the engine's tar. */
  folder(
    principal: Principal,
    ref: ContainerRef,
    path: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>>
  /**
   * Writes one file, or makes a folder. A file that is replaced keeps its mode and, where the engine tells it, its owner.
   * Throws upload_cut when fewer bytes came than were announced, folder_in_the_way, file_in_the_way, container_read_only.
   */
  write(
    principal: Principal,
    ref: ContainerRef,
    upload: Upload,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>
}

/** Files of a container, running or stopped, by the engine's archives: nothing of ours runs in it. */
export function createFileService(parts: {
  fleet: FleetState
  registry: HostRegistry
  authorize: Authorize
  policy: Policy
}): FileService {
  const { fleet, registry, authorize, policy } = parts
  const engineOf = (principal: Principal, ref: ContainerRef, permission: Permission): EngineClient => {
    const where = { hostId: ref.hostId, objectId: ref.containerId }
    authorize(principal, permission, where)
    if (!fleet.get('containers', ref.hostId, ref.containerId))
      throw new AppError('container_not_found', where)
    return registry.engine(ref.hostId)
  }
  const read = 'containers.files.read'
  const open = (principal: Principal, ref: ContainerRef, path: string, signal: AbortSignal) => {
    const engine = engineOf(principal, ref, read)
    return openFile(
      {
        archive: (at) => engine.readArchive(ref.containerId, at, signal),
        linkTarget: async (at) => (await engine.statArchive(ref.containerId, at, signal))?.linkTarget ?? null,
      },
      path,
    )
  }
  return {
    async *list(principal, ref, path, signal) {
      const engine = engineOf(principal, ref, read)
      const tar = await engine.readArchive(ref.containerId, asFolder(path), signal)
      yield* listFolder(tar, path, tellsOwners(engine))
    },
    async preview(principal, ref, path, signal) {
      for await (const file of open(principal, ref, path, signal)) {
        const { size, mode, mtime } = file
        if (file.type === 'directory')
          return { path: file.resolved, size, mode, mtime, kind: 'directory', text: '', truncated: false }
        const head = await beginning(file, previewBytes)
        const isWhole = head.length === size
        const text = textOf(head, isWhole)
        const kind = text !== null ? 'text' : imageType(head) && size <= imageBytes ? 'image' : 'binary'
        return {
          ...{ path: file.resolved, size, mode, mtime, kind },
          ...{ text: text ?? '', truncated: text !== null && !isWhole },
        }
      }
      throw new AppError('file_not_found', { params: { path } })
    },
    async content(principal, ref, path, signal) {
      const opened = open(principal, ref, path, signal)
      const { value: file, done } = await opened.next()
      if (done || !file) throw new AppError('file_not_found', { params: { path } })
      if (file.type === 'directory') {
        await opened.return(undefined)
        throw new AppError('file_not_regular', { params: { path } })
      }
      const bytes = file.body[Symbol.asyncIterator]()
      const first = await bytes.next()
      const head: Buffer = first.done ? Buffer.alloc(0) : first.value
      const body = async function* () {
        try {
          if (head.length > 0) yield head
          for (let next = await bytes.next(); !next.done; next = await bytes.next()) yield next.value
        } finally {
          await opened.return(undefined)
        }
      }
      return { size: file.size, type: imageType(head) ?? 'application/octet-stream', body: body() }
    },
    async folder(principal, ref, path, signal) {
      return engineOf(principal, ref, read).readArchive(ref.containerId, asFolder(path), signal)
    },
    async write(principal, ref, { path, name, size, mode, uid, gid }, body, signal) {
      const engine = engineOf(principal, ref, 'containers.files.write')
      const { containerId } = ref
      if (policy.restricts(principal, ref.hostId)) await policy.enter(engine, containerId, signal)
      const target = await uploadTarget((at) => engine.statArchive(containerId, at, signal), {
        ...{ path, name, isFolder: size === null },
      })
      // A folder that is there stays as it is.
      if (size === null && target.existing) return
      const common = {
        ...{ path: target.name, mode, uid, gid, mtime: Math.floor(Date.now() / 1000) },
        ...(target.existing && { mode: target.existing.mode }),
        ...(target.existing &&
          tellsOwners(engine) &&
          (await ownerOf(engine.readArchive, containerId, posix.join(path, name), signal))),
      }
      const tar =
        size === null
          ? [Buffer.concat([tarHeader({ ...common, type: 'directory', size: 0 }), tarEnd()])]
          : tarOfFile({ ...common, type: 'file', size }, body)
      const failure: { cause?: unknown } = {}
      try {
        await engine.writeArchive(containerId, target.folder, noting(tar, failure), signal)
      } catch (error) {
        if (failure.cause === undefined) throw error
        throw new AppError('upload_cut', { detail: (failure.cause as Error).message, cause: failure.cause })
      }
    },
  }
}

/** The engine's answer to a cut archive says little: what cut it is what counts. */
async function* noting(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  failure: { cause?: unknown },
): AsyncGenerator<Buffer> {
  try {
    yield* source
  } catch (error) {
    failure.cause = error
    throw error
  }
}

/** Podman's archives say root of everything (`podman cp` gives files to whoever copies). */
const tellsOwners = (engine: EngineClient) => engine.info?.flavour !== 'podman'

const asFolder = (path: string) => (path.endsWith('/') ? path : `${path}/`)

async function beginning(file: TarEntry, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of file.body) {
    parts.push(part.subarray(0, bytes - length))
    length += part.length
    if (length >= bytes) break
  }
  return Buffer.concat(parts)
}
