import { posix } from 'node:path'
import type { ActName } from '#lib/acts.ts'
import type { FilePreview, FilesFrame } from '#lib/contracts/files.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { Policy } from '../../create-policy/index.ts'
import type { ArchiveCalls } from '../../engine/archive.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import type { TarEntry } from '../../tar/read.ts'
import { tarEnd, tarHeader, tarOfFile } from '../../tar/write.ts'
import type { ContainerRef } from '../containers/details.ts'
import { imageType, openFile, textOf } from './content.ts'
import { execArchive } from './exec-archive.ts'
import { hiddenBy } from './hidden.ts'
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

/**
 * Files of a container, running or stopped, by the engine's archives. What those do not see, since it is mounted in the
 * running container alone, is read and written by `tar` in it, for who may run commands there; others are told.
 */
export function createFileService(parts: {
  fleet: FleetState
  registry: HostRegistry
  authorize: Authorize
  policy: Policy
}): FileService {
  const { fleet, registry, authorize, policy } = parts
  const engineOf = (principal: Principal, ref: ContainerRef, act: ActName): EngineClient => {
    const where = { hostId: ref.hostId, objectId: ref.containerId }
    authorizeAct(authorize, principal, act, where)
    if (!fleet.get('containers', ref.hostId, ref.containerId))
      throw new AppError('container_not_found', where)
    return registry.engine(ref.hostId)
  }
  /** What reads and writes at a path. Throws file_hidden. */
  const archiveAt = async (
    principal: Principal,
    { hostId, containerId }: ContainerRef,
    engine: EngineClient,
    path: string,
    signal: AbortSignal,
  ): Promise<ArchiveCalls & { tellsOwners: boolean }> => {
    const hidden = await hiddenBy(engine, containerId, path, signal)
    // Podman's archives say root of everything (`podman cp` gives files to whoever copies).
    if (!hidden) return { ...callsOf(engine), tellsOwners: engine.info?.flavour !== 'podman' }
    const refusal = new AppError('file_hidden', {
      hostId,
      objectId: containerId,
      params: { path, mount: hidden.mount },
    })
    if (!hidden.isInside) throw refusal
    try {
      authorizeAct(authorize, principal, 'container.exec', { hostId, objectId: containerId })
    } catch (cause) {
      throw cause instanceof AppError && cause.code === 'denied' ? refusal : cause
    }
    if (policy.restricts(principal, hostId)) await policy.enter(engine, containerId, signal)
    return { ...execArchive(engine, hidden.mount), tellsOwners: true }
  }
  const toRead = async (principal: Principal, ref: ContainerRef, signal: AbortSignal) => {
    const engine = engineOf(principal, ref, 'container.files.read')
    if (policy.restricts(principal, ref.hostId)) await policy.look(engine, ref.containerId, signal)
    return (at: string) => archiveAt(principal, ref, engine, at, signal)
  }
  const open = async function* (principal: Principal, ref: ContainerRef, path: string, signal: AbortSignal) {
    const archive = await toRead(principal, ref, signal)
    // For each link on the way: it may lead to what the engine does not see.
    yield* openFile(
      {
        archive: async (at) => (await archive(at)).readArchive(ref.containerId, at, signal),
        linkTarget: async (at) =>
          (await (await archive(at)).statArchive(ref.containerId, at, signal))?.linkTarget ?? null,
      },
      path,
    )
  }
  return {
    async *list(principal, ref, path, signal) {
      const archive = await (await toRead(principal, ref, signal))(path)
      const tar = await archive.readArchive(ref.containerId, asFolder(path), signal)
      yield* listFolder(tar, path, archive.tellsOwners)
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
          path: file.resolved,
          size,
          mode,
          mtime,
          kind,
          text: text ?? '',
          truncated: text !== null && !isWhole,
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
      const archive = await (await toRead(principal, ref, signal))(path)
      return archive.readArchive(ref.containerId, asFolder(path), signal)
    },
    async write(principal, ref, { path, name, size, mode, uid, gid }, body, signal) {
      const engine = engineOf(principal, ref, 'container.files.write')
      const { containerId } = ref
      if (policy.restricts(principal, ref.hostId)) await policy.enter(engine, containerId, signal)
      const archive = await archiveAt(principal, ref, engine, posix.join(path, name), signal)
      const target = await uploadTarget((at) => archive.statArchive(containerId, at, signal), {
        path,
        name,
        isFolder: size === null,
      })
      // A folder that is there stays as it is.
      if (size === null && target.existing) return
      const common = {
        path: target.name,
        mode,
        uid,
        gid,
        mtime: Math.floor(Date.now() / 1000),
        ...(target.existing && { mode: target.existing.mode }),
        ...(target.existing &&
          archive.tellsOwners &&
          (await ownerOf(archive.readArchive, containerId, posix.join(path, name), signal))),
      }
      const tar =
        size === null
          ? [Buffer.concat([tarHeader({ ...common, type: 'directory', size: 0 }), tarEnd()])]
          : tarOfFile({ ...common, type: 'file', size }, body)
      const failure: { cause?: unknown } = {}
      try {
        await archive.writeArchive(containerId, target.folder, noting(tar, failure), signal)
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

const callsOf = ({ containers: { readArchive, statArchive, writeArchive } }: EngineClient): ArchiveCalls => ({
  readArchive,
  statArchive,
  writeArchive,
})

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
