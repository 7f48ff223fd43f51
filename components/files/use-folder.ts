'use client'
import { useEffect, useState } from 'react'
import { api } from '#components/data/api.ts'
import type { FileEntry, FileOwner, FilesFrame } from '#lib/contracts/files.ts'

export interface Folder {
  path: string
  entries: readonly FileEntry[]
  /** Of the folder itself: what is uploaded into it belongs to the same. */
  owner: FileOwner | null
  /** Bytes that the walk has gone through. */
  walked: number
  state: 'reading' | 'complete' | 'cut' | 'failed'
  error: unknown
}

const begun = (path: string): Folder => ({
  ...{ path, entries: [], owner: null, walked: 0, state: 'reading', error: null },
})

/** Folders that were read, so that going back is instant; the newest last. */
const known = new Map<string, Folder>()
const mostKnown = 50

/** Entries of a folder as they come in; what was read before is shown meanwhile. Raise `revision` to read it again. */
export function useFolder(base: `/api/${string}`, path: string, revision: number, enabled: boolean): Folder {
  const key = `${base} ${path}`
  const [shown, setShown] = useState<{ key: string; folder: Folder } | null>(null)
  useEffect(() => {
    const before = known.get(key)
    // What was read a moment ago is good until it is asked for again.
    if (!enabled || (before && revision === 0)) return
    const abort = new AbortController()
    void read(base, path, before, abort.signal, (folder) => setShown({ key, folder }))
    return () => abort.abort()
  }, [base, path, key, revision, enabled])
  return shown?.key === key ? shown.folder : (known.get(key) ?? begun(path))
}

function remember(key: string, folder: Folder): void {
  known.delete(key)
  known.set(key, folder)
  const [oldest] = known.keys()
  if (known.size > mostKnown && oldest !== undefined) known.delete(oldest)
}

/** What was read of a folder is no longer true: something was put into it. */
export function forgetFolder(base: string, path: string): void {
  known.delete(`${base} ${path}`)
}

async function read(
  base: `/api/${string}`,
  path: string,
  before: Folder | undefined,
  signal: AbortSignal,
  show: (folder: Folder) => void,
): Promise<void> {
  let folder: Folder = begun(path)
  const entries = new Map<string, FileEntry>()
  // Read again, the old entries stay until the new ones are all there: nothing jumps.
  const shown = () =>
    show(before && folder.state === 'reading' ? { ...folder, entries: before.entries } : folder)
  shown()
  try {
    for await (const frame of api.read<FilesFrame>(`${base}/files`, { query: { path }, signal })) {
      if (frame.type === 'folder') folder = { ...folder, owner: frame.owner }
      else if (frame.type === 'walked') folder = { ...folder, walked: frame.bytes }
      else if (frame.type === 'end') folder = { ...folder, state: frame.complete ? 'complete' : 'cut' }
      else if (frame.type === 'error') folder = { ...folder, state: 'failed', error: { error: frame.error } }
      else if (frame.type === 'entries') for (const entry of frame.entries) entries.set(entry.name, entry)
      else {
        const entry = entries.get(frame.name)
        if (entry) entries.set(frame.name, { ...entry, size: frame.size })
      }
      folder = { ...folder, entries: [...entries.values()] }
      shown()
    }
    if (folder.state !== 'failed') remember(`${base} ${path}`, folder)
  } catch (error) {
    if (!signal.aborted) show({ ...folder, state: 'failed', error })
  }
}
