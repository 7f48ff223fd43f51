import { mkdirSync } from 'node:fs'
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  Archive,
  ArchiveContents,
  ArchiveFound,
  ArchiveLibraryView,
  ArchiveSettings,
} from '#lib/contracts/archives.ts'
import type { ClockTrust } from '../../clock-trust.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { toApiError } from '../../messages.ts'
import { newId } from '../../new-id.ts'
import type { Principal } from '../../principal/principal.ts'
import { inspectSpool } from './inspect-spool.ts'
import type { ArchiveRepository, StoredArchive } from './repository.ts'
import { Spool } from './spool.ts'
import { listed } from './summary.ts'

/** Bytes of the disk that archives leave to the database and the rest of the server. */
const reserveBytes = 512 * 1024 ** 2
/** Milliseconds without a byte after which a half upload is swept, and a refused one forgotten. */
const staleMs = 24 * 3600 * 1000
const sweepMs = 3600 * 1000
const dayMs = 24 * 3600 * 1000
/** Folder below the archives' own for files that no row knows, or that are not what their row says. */
const asideName = 'aside'

interface Entry {
  stored: StoredArchive
  spool: Spool | null
  found: ArchiveFound | null
  inspection: Promise<ArchiveContents> | null
  abort: AbortController
  /** Loads that read it now: it is not swept under them. */
  readers: number
}

export interface NewArchive {
  name: string
  /** Bytes. */
  size: number
  /** The files of a system, whatever they look like. */
  isRootfs?: boolean
  fingerprint?: string
}

/** An archive as a load reads it: its bytes as they arrive, and what is in it as soon as all of it has been looked at. */
export interface OpenArchive {
  archive: Archive
  contents: Promise<ArchiveContents>
  read(signal: AbortSignal): AsyncGenerator<Buffer>
}

export interface ArchiveLibrary {
  view(): Promise<ArchiveLibraryView>
  /** Throws archive_not_found. */
  get(id: string): Archive
  /** Throws archive_quota, archive_disk_full. */
  create(principal: Principal, input: NewArchive): Promise<Archive>
  /** The offset where an upload goes on, once nobody writes any more. Throws archive_not_found, and why it was refused. */
  offset(principal: Principal, id: string): Promise<{ offset: number; size: number }>
  /**
   * Writes what comes. Returns the new offset.
   * @throws archive_offset_wrong, archive_too_long, archive_disk_full, and what is wrong with the archive, as soon as it
   * has been seen
   */
  append(
    principal: Principal,
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    stop: () => void,
  ): Promise<number>
  /** Resolves when all of it was looked at. Throws what is wrong with it. */
  checked(id: string): Promise<Archive>
  /** Throws archive_not_found, and why it was refused. */
  open(id: string): OpenArchive
  keep(id: string, kept: boolean): Promise<Archive>
  /** Also in the middle of its upload. */
  remove(id: string): Promise<void>
  configure(settings: ArchiveSettings): Promise<void>
  /** Takes away what is stale or over its time, while the clock is believed. Called by itself every hour. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

/** Archives on this server's disk: each is written once, looked at while it arrives, and read by every load. */
export async function createArchiveLibrary(parts: {
  repository: ArchiveRepository
  /** Data folder of the server; archives lie in one below. */
  dataFolder: string
  clock: ClockTrust
  log: Log
}): Promise<ArchiveLibrary> {
  const { repository, log } = parts
  const folder = join(parts.dataFolder, 'archives')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const entries = new Map<string, Entry>()
  let settings = await repository.settings()
  let stopped = false

  const pathOf = (id: string) => join(folder, id)
  /** What is not understood is kept: it may be all that is left of somebody's work. */
  const putAside = async (name: string) => {
    await mkdir(join(folder, asideName), { recursive: true, mode: 0o700 })
    const path = join(folder, asideName, `${name}-${newId('a')}`)
    await rename(join(folder, name), path)
    log.warn({ path }, 'a file among the archives that no archive knows was put aside')
  }
  const find = (id: string): Entry => {
    const entry = entries.get(id)
    if (!entry) throw new AppError('archive_not_found', { objectId: id })
    return entry
  }
  const toArchive = ({ stored, spool, found }: Entry): Archive => {
    const received = spool?.received ?? (stored.state === 'ready' ? stored.size : 0)
    const checking = stored.state === 'uploading' && spool?.isWhole
    const leaves = stored.state === 'ready' && !stored.kept && settings.retentionDays !== null
    return {
      ...stored,
      state: checking ? 'checking' : stored.state,
      received,
      found,
      expiresAt: leaves
        ? new Date(Date.parse(stored.usedAt) + (settings.retentionDays as number) * dayMs).toISOString()
        : null,
    }
  }
  const store = async (entry: Entry, change: Partial<StoredArchive>) => {
    Object.assign(entry.stored, change)
    if (!stopped) await repository.put(entry.stored)
  }
  const used = (entry: Entry) => store(entry, { usedAt: new Date().toISOString() })
  /** Ends everything about its bytes, and takes them away. */
  const discard = async (entry: Entry, why: AppError) => {
    entry.abort.abort(why)
    entry.spool?.abandon(why)
    await entry.spool?.settle()
    entry.spool = null
    await rm(pathOf(entry.stored.id), { force: true })
  }
  const refuse = async (entry: Entry, why: AppError) => {
    // Said first: whoever asks while its bytes are taken away is told why.
    Object.assign(entry.stored, { state: 'refused', error: toApiError(why) })
    entry.found = null
    await discard(entry, why)
    await used(entry)
  }
  const finish = async (entry: Entry, contents: ArchiveContents, digest: string) => {
    const same = [...entries.values()].find(
      ({ stored: other }) =>
        other !== entry.stored &&
        other.state === 'ready' &&
        other.digest === digest &&
        other.contents?.kind === contents.kind,
    )
    entry.found = null
    if (!same) return store(entry, { state: 'ready', contents, digest, usedAt: new Date().toISOString() })
    await used(same)
    await store(entry, { state: 'duplicate', digest, duplicateOf: same.stored.id })
    // Loads that read it have it open; those that come later are led to the other.
    await rm(pathOf(entry.stored.id), { force: true })
    entry.spool = null
  }

  const look = async (entry: Entry, spool: Spool): Promise<ArchiveContents> => {
    try {
      const { contents, digest } = await inspectSpool(spool, {
        signal: entry.abort.signal,
        isRootfs: entry.stored.isRootfs,
        onFound(found) {
          entry.found = found
        },
      })
      await finish(entry, contents, digest)
      return contents
    } catch (error) {
      if (stopped || !entries.has(entry.stored.id)) throw error
      if (!(error instanceof AppError))
        log.error({ err: error, archive: entry.stored.id }, 'an archive could not be read')
      const why = error instanceof AppError ? error : new AppError('archive_unreadable', { cause: error })
      if (entry.stored.state === 'uploading') await refuse(entry, why)
      throw why
    }
  }
  /** Begun with the first byte, and again after a restart; the one pass serves the list and every load. */
  const inspect = (entry: Entry): Promise<ArchiveContents> => {
    if (entry.stored.contents) return Promise.resolve(entry.stored.contents)
    if (!entry.inspection) {
      if (!entry.spool) return Promise.reject(gone(entry))
      entry.inspection = look(entry, entry.spool)
      // Whoever needs it sees its failure; nobody may be there yet.
      entry.inspection.catch(() => {})
    }
    return entry.inspection
  }
  const mine = (principal: Principal, id: string): { entry: Entry; spool: Spool } => {
    const entry = find(id)
    if (entry.stored.userId !== principal.userId) throw new AppError('archive_not_found', { objectId: id })
    if (!entry.spool) throw gone(entry)
    return { entry, spool: entry.spool }
  }

  for (const stored of await repository.all()) {
    const entry: Entry = {
      stored,
      spool: null,
      found: null,
      inspection: null,
      readers: 0,
      abort: new AbortController(),
    }
    entries.set(stored.id, entry)
    if (stored.state === 'uploading' || stored.state === 'ready')
      entry.spool = await Spool.at(pathOf(stored.id), stored.size)
    if (stored.state === 'ready' && !entry.spool?.isWhole) {
      entry.spool = null
      await putAside(stored.id)
      await refuse(entry, new AppError('archive_gone'))
    }
    if (stored.state === 'uploading' && entry.spool?.isWhole) void inspect(entry)
  }
  // Written by a server that ended before it stored what it was, or known to another database than this one.
  for (const name of await readdir(folder))
    if (name !== asideName && !entries.get(name)?.spool) await putAside(name)

  /** Bytes of uploads that are about to have a spool. */
  let claimedBytes = 0
  const room = async () => {
    const { bavail, bsize } = await statfs(folder)
    const held = [...entries.values()].flatMap(({ spool }) => spool ?? [])
    const usedBytes = held.reduce((sum, { received }) => sum + received, 0)
    const reservedBytes = held.reduce((sum, { size, received }) => sum + size - received, claimedBytes)
    return { usedBytes, reservedBytes, freeBytes: Math.max(0, bavail * bsize - reserveBytes - reservedBytes) }
  }
  const sweep = async () => {
    if (!parts.clock.agrees()) return
    for (const entry of Array.from(entries.values())) {
      const { id, state, usedAt } = entry.stored
      const idle = Date.now() - Date.parse(usedAt)
      const { expiresAt } = toArchive(entry)
      const over =
        state === 'ready' ? expiresAt !== null && Date.parse(expiresAt) < Date.now() : idle > staleMs
      // A load of a half upload waits for bytes that nobody sends any more: it does not keep it.
      if (over && (entry.readers === 0 || state === 'uploading')) await remove(id)
    }
  }
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => log.error({ err: error }, 'old archives could not be swept'))
  }, sweepMs)
  timer.unref()
  const remove = async (id: string) => {
    const entry = find(id)
    entries.delete(id)
    await discard(entry, new AppError('archive_removed', { objectId: id }))
    await repository.remove(id)
  }
  await sweep()

  return {
    async view() {
      const archives = [...entries.values()]
        .map((entry) => listed(toArchive(entry)))
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      return { archives, settings, ...(await room()) }
    },
    get: (id) => toArchive(find(id)),
    async create(principal, { name, size, isRootfs = false, fingerprint }) {
      const { usedBytes, reservedBytes, freeBytes } = await room()
      const { quotaBytes } = settings
      if (quotaBytes !== null && usedBytes + reservedBytes + size > quotaBytes)
        throw new AppError('archive_quota', { params: { quota: quotaBytes, size } })
      if (size > freeBytes) throw new AppError('archive_disk_full', { params: { size, free: freeBytes } })
      const id = newId('a')
      const now = new Date().toISOString()
      const stored: StoredArchive = {
        id,
        name,
        size,
        state: 'uploading',
        digest: null,
        contents: null,
        error: null,
        duplicateOf: null,
        isRootfs,
        fingerprint: fingerprint ?? null,
        userId: principal.userId,
        userName: principal.name,
        createdAt: now,
        usedAt: now,
        kept: false,
      }
      // Two that begin at once must not both take the last room.
      claimedBytes += size
      const spool = await Spool.at(pathOf(id), size).finally(() => {
        claimedBytes -= size
      })
      const entry: Entry = {
        stored,
        spool,
        found: null,
        inspection: null,
        readers: 0,
        abort: new AbortController(),
      }
      entries.set(id, entry)
      await store(entry, {})
      return toArchive(entry)
    },
    async offset(principal, id) {
      const { entry, spool } = mine(principal, id)
      await spool.settle()
      return { offset: spool.received, size: entry.stored.size }
    },
    async append(principal, id, offset, body, stop) {
      const { entry, spool } = mine(principal, id)
      void inspect(entry)
      try {
        return await spool.append(offset, body, stop)
      } catch (error) {
        if (error instanceof AppError && error.code === 'archive_disk_full') await refuse(entry, error)
        throw error
      } finally {
        if (entries.has(id) && entry.stored.state === 'uploading') await used(entry)
      }
    },
    async checked(id) {
      const entry = find(id)
      await inspect(entry)
      return toArchive(entry)
    },
    open(id) {
      let entry = find(id)
      if (entry.stored.duplicateOf) entry = find(entry.stored.duplicateOf)
      const { spool } = entry
      if (!spool) throw gone(entry)
      return {
        archive: toArchive(entry),
        contents: inspect(entry),
        async *read(signal) {
          entry.readers += 1
          try {
            yield* spool.read(AbortSignal.any([signal, entry.abort.signal]))
          } finally {
            entry.readers -= 1
            if (entries.has(entry.stored.id)) await used(entry)
          }
        },
      }
    },
    async keep(id, kept) {
      const entry = find(id)
      await store(entry, { kept })
      return toArchive(entry)
    },
    remove,
    async configure(next) {
      settings = next
      await repository.putSettings(next)
      await sweep()
    },
    sweep,
    async stop() {
      stopped = true
      clearInterval(timer)
      const why = new AppError('shutting_down')
      for (const { abort, spool } of entries.values()) {
        abort.abort(why)
        spool?.abandon(why)
      }
      await Promise.allSettled(
        [...entries.values()].map(async ({ spool, inspection }) => {
          await spool?.settle()
          await inspection
        }),
      )
    },
  }
}

/** Why there are no bytes of it. */
function gone({ stored }: Entry): AppError {
  const { error } = stored
  if (!error) return new AppError('archive_gone', { objectId: stored.id })
  const { code, params, detail } = error
  return new AppError(code as AppError['code'], {
    ...(params ? { params } : {}),
    ...(detail ? { detail } : {}),
    objectId: stored.id,
  })
}
