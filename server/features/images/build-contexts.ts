import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BuildContextAnswer, contextLimitBytes } from '#lib/contracts/image-build.ts'
import { AppError } from '../../errors.ts'
import { plainTar } from '../../tar/compression.ts'
import { readTar } from '../../tar/read.ts'
import { readContextFiles, type StoredContext } from './context-files.ts'

/** Bytes of all contexts; beyond it those that wait the longest for a retry make room. */
const folderLimitBytes = 4 * contextLimitBytes
/** Milliseconds for a build to be started after its upload, and for a retry after it. */
const waitMs = { start: 60 * 60 * 1000, retry: 24 * 60 * 60 * 1000 }
const sweepMs = 10 * 60 * 1000
/** Bytes of an unpacked context in which its Dockerfile is looked for. */
const searchLimitBytes = 512 * 1024 * 1024
const dockerfileLimitBytes = 1024 * 1024

export interface BuildContexts {
  /**
   * Keeps a tar that is sent, unpacked, since its files are read by their place in it. Throws body_too_large, upload_cut,
   * data_folder_full, archive_compression_damaged, archive_compression_unknown.
   */
  take(body: Readable, declared: number | null): Promise<BuildContextAnswer>
  /** For each host by itself; `tar` is a new reader each time. It stays until `release`. Throws build_context_gone. */
  open(id: string): { tar(): Readable; release(): void }
  /** Its files. Throws as readContextFiles, build_context_gone. */
  files(id: string): Promise<StoredContext>
  /**
   * Text of a Dockerfile in a tar; null where it cannot be told (a link, too far behind). Throws build_no_dockerfile, archive_invalid, archive_truncated, build_context_gone.
   */
  dockerfile(id: string, path: string): Promise<string | null>
  remove(id: string): Promise<void>
  stop(): void
}

interface Kept {
  size: number
  users: number
  until: number
  /** Read once, when the first host needs them. */
  files: Promise<StoredContext> | null
}

/**
 * Tars of builds in a folder of ours, so that a build goes on when its page is closed and can be tried again. What an
 * earlier server left there is removed.
 */
export function createBuildContexts(folder: string): BuildContexts {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = new Map<string, Kept>()
  const path = (id: string) => join(folder, `${id}.tar`)
  const remove = async (id: string) => {
    kept.delete(id)
    await rm(path(id), { force: true })
  }
  const makeRoom = async (size: number) => {
    const idle = [...kept].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.until - b.until)
    let total = [...kept.values()].reduce((sum, context) => sum + context.size, size)
    for (const [id, context] of idle) {
      if (total <= folderLimitBytes) return
      total -= context.size
      await remove(id)
    }
  }
  const sweep = setInterval(() => {
    for (const [id, { users, until }] of kept) if (users === 0 && until < Date.now()) void remove(id)
  }, sweepMs)
  sweep.unref()
  const find = (id: string) => {
    const context = kept.get(id)
    if (!context) throw new AppError('build_context_gone')
    return context
  }
  return {
    async take(body, declared) {
      const tooLarge = () => new AppError('body_too_large', { params: { limit: contextLimitBytes } })
      if ((declared ?? 0) > contextLimitBytes) throw tooLarge()
      await makeRoom(declared ?? contextLimitBytes)
      const id = randomUUID()
      const part = `${path(id)}.part`
      let received = 0
      let size = 0
      const counted = async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          received += chunk.length
          if (received > contextLimitBytes) throw tooLarge()
          yield chunk
        }
      }
      const unpacked = async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of plainTar(source)) {
          size += chunk.length
          if (size > folderLimitBytes)
            throw new AppError('body_too_large', { params: { limit: folderLimitBytes } })
          yield chunk
        }
      }
      try {
        await pipeline(body, counted, unpacked, createWriteStream(part, { mode: 0o600 }))
        if (declared !== null && received !== declared) throw new AppError('upload_cut')
        await rename(part, path(id))
      } catch (error) {
        await rm(part, { force: true })
        if (error instanceof AppError) throw error
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOSPC' || code === 'EDQUOT') throw new AppError('data_folder_full', { cause: error })
        throw new AppError('upload_cut', { cause: error })
      }
      kept.set(id, { size, users: 0, until: Date.now() + waitMs.start, files: null })
      return { id, size: received }
    },
    open(id) {
      const context = find(id)
      context.users++
      const readers: Readable[] = []
      return {
        tar() {
          const tar = createReadStream(path(id))
          readers.push(tar)
          return tar
        },
        release() {
          for (const tar of readers) tar.destroy()
          context.users--
          context.until = Date.now() + waitMs.retry
        },
      }
    },
    async files(id) {
      const context = find(id)
      context.files ??= readContextFiles(path(id)).catch((error) => {
        context.files = null
        throw error
      })
      return context.files
    },
    async dockerfile(id, wanted) {
      find(id)
      return findDockerfile(createReadStream(path(id)), wanted)
    },
    remove,
    stop: () => clearInterval(sweep),
  }
}

async function findDockerfile(tar: AsyncIterable<Buffer>, wanted: string): Promise<string | null> {
  const plain = (name: string) =>
    name
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')
  const at = plain(wanted)
  let seen = 0
  for await (const entry of readTar(tar)) {
    if (plain(entry.path) === at) {
      if (entry.type !== 'file' || entry.size > dockerfileLimitBytes) return null
      const chunks: Buffer[] = []
      for await (const chunk of entry.body) chunks.push(Buffer.from(chunk))
      return Buffer.concat(chunks).toString('utf8')
    }
    seen += 512 + entry.size
    if (seen > searchLimitBytes) return null
  }
  throw new AppError('build_no_dockerfile', { params: { path: wanted } })
}
