'use client'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { api } from '#components/data/api.ts'
import type { FileEntry, FileOwner } from '#lib/contracts/files.ts'

export interface Folder {
  path: string
  entries: readonly FileEntry[]
  /** Of the folder itself: what is uploaded into it belongs to the same. */
  owner: FileOwner | null
  /** Bytes that the walk has gone through. */
  walked: number
  state: 'reading' | 'complete' | 'cut' | 'failed'
  error: unknown
  /** When it was read to its end; ISO 8601. */
  readAt: string | null
}

const begun = (path: string): Folder => ({
  path,
  entries: [],
  owner: null,
  walked: 0,
  state: 'reading',
  error: null,
  readAt: null,
})

/** Folders that were read, so that going back is instant; the newest last. */
const known = new Map<string, { folder: Folder; goodUntil: number; revision: number }>()
const mostKnown = 50
/** Milliseconds for which a list is not asked for again, and how many times longer than it took to read. */
const goodMs = 5000
const goodTimes = 10

export interface ContainerRef {
  hostId: string
  containerId: string
}
/** Stands for a container where something is remembered of it. */
export const containerKey = ({ hostId, containerId }: ContainerRef) => `${hostId}/${containerId}`

/** Rises with each change that this page makes in a container. */
const revisions = new Map<string, number>()
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
const revisionOf = (container: string) => revisions.get(container) ?? 0

/** Something was put into a container, or is to be looked at again: also sizes of folders above it are no longer true. */
export function filesChanged(container: string): void {
  revisions.set(container, revisionOf(container) + 1)
  for (const listener of listeners) listener()
}

/** Changes when what was read of a container's files is no longer true. */
export function useFilesRevision(container: string): number {
  return useSyncExternalStore(
    subscribe,
    () => revisionOf(container),
    () => 0,
  )
}

/** Entries of a folder as they come in; what was read before is shown meanwhile. */
export function useFolder({ hostId, containerId }: ContainerRef, path: string, enabled: boolean): Folder {
  const container = containerKey({ hostId, containerId })
  const key = `${container} ${path}`
  const revision = useFilesRevision(container)
  const [shown, setShown] = useState<{ key: string; folder: Folder } | null>(null)
  useEffect(() => {
    const before = known.get(key)
    const isGood = before && before.revision === revision && performance.now() < before.goodUntil
    if (!enabled || isGood) return
    const abort = new AbortController()
    const began = performance.now()
    const look = async () => {
      const show = (folder: Folder) => setShown({ key, folder })
      const folder = await read({ hostId, containerId }, path, before?.folder, abort.signal, show)
      const now = performance.now()
      const goodUntil = now + Math.max(goodMs, goodTimes * (now - began))
      if (folder) remember(key, { folder, revision, goodUntil })
    }
    void look()
    return () => abort.abort()
  }, [hostId, containerId, path, key, revision, enabled])
  return shown?.key === key ? shown.folder : (known.get(key)?.folder ?? begun(path))
}

function remember(key: string, of: { folder: Folder; goodUntil: number; revision: number }): void {
  known.delete(key)
  known.set(key, of)
  const [oldest] = known.keys()
  if (known.size > mostKnown && oldest !== undefined) known.delete(oldest)
}

/** Null where it failed, or was given up. */
async function read(
  params: ContainerRef,
  path: string,
  before: Folder | undefined,
  signal: AbortSignal,
  show: (folder: Folder) => void,
): Promise<Folder | null> {
  let folder: Folder = begun(path)
  const entries = new Map<string, FileEntry>()
  // Read again, the old entries stay until the new ones are all there: nothing jumps.
  const shown = () =>
    show(
      before && folder.state === 'reading'
        ? { ...folder, entries: before.entries, readAt: before.state === 'complete' ? before.readAt : null }
        : folder,
    )
  shown()
  try {
    for await (const frame of api.read('/api/hosts/:hostId/containers/:containerId/files', {
      params,
      query: { path },
      signal,
    })) {
      if (frame.type === 'folder') folder = { ...folder, owner: frame.owner }
      else if (frame.type === 'walked') folder = { ...folder, walked: frame.bytes }
      else if (frame.type === 'end')
        folder = {
          ...folder,
          state: frame.complete ? 'complete' : 'cut',
          readAt: new Date().toISOString(),
        }
      else if (frame.type === 'error') folder = { ...folder, state: 'failed', error: { error: frame.error } }
      else if (frame.type === 'entries') for (const entry of frame.entries) entries.set(entry.name, entry)
      else {
        const entry = entries.get(frame.name)
        if (entry) entries.set(frame.name, { ...entry, size: frame.size })
      }
      folder = { ...folder, entries: [...entries.values()] }
      shown()
    }
    return folder.state === 'failed' ? null : folder
  } catch (error) {
    if (!signal.aborted) show({ ...folder, state: 'failed', error })
    return null
  }
}
