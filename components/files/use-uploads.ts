'use client'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { FileEntry, FileOwner } from '#lib/contracts/files.ts'
import { type Dropped, sendFile, type Upload } from './uploads.ts'

export interface Uploads {
  list: readonly Upload[]
  /** Sends them one after another. An existing file keeps its owner and permissions. */
  start(files: readonly Dropped[], existing: ReadonlyMap<string, FileEntry>): void
  cancel(): void
  clear(): void
}

/** Uploads into one folder of a container. They end with the page: it is asked before it is left. */
export function useUploads(
  base: `/api/${string}`,
  folder: { path: string; owner: FileOwner | null },
  onDone: () => void,
): Uploads {
  const [list, setList] = useState<readonly Upload[]>([])
  const abort = useRef<AbortController | null>(null)
  const next = useRef(0)
  const change = useCallback((id: number, part: Partial<Upload>) => {
    setList((uploads) => uploads.map((upload) => (upload.id === id ? { ...upload, ...part } : upload)))
  }, [])
  const running = list.some(({ state }) => state === 'waiting' || state === 'sending')
  useEffect(() => {
    if (!running) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [running])
  useEffect(() => () => abort.current?.abort(), [])

  const start: Uploads['start'] = (files, existing) => {
    abort.current ??= new AbortController()
    const { signal } = abort.current
    const uploads = files.map(({ name, file }) => ({
      ...{ id: next.current++, name, size: file.size, sent: 0, state: 'waiting' as const, error: null, file },
    }))
    setList((before) => [...before.filter(({ state }) => state !== 'done'), ...uploads])
    const work = async () => {
      for (const { id, name, file } of uploads) {
        if (signal.aborted) {
          change(id, { state: 'cancelled' })
          continue
        }
        change(id, { state: 'sending' })
        const old = existing.get(name)
        const owner = old?.owner ?? folder.owner ?? { uid: 0, gid: 0 }
        const query = {
          ...{ path: folder.path, name, mode: old?.kind === 'file' ? old.mode : 0o644 },
          ...{ uid: owner.uid, gid: owner.gid },
        }
        await sendFile(base, query, file, signal, (sent) => change(id, { sent })).then(
          () => change(id, { state: 'done', sent: file.size }),
          (error: unknown) =>
            change(id, signal.aborted ? { state: 'cancelled' } : { state: 'failed', error }),
        )
      }
      onDone()
    }
    void work()
  }
  return {
    list,
    start,
    cancel() {
      abort.current?.abort()
      abort.current = null
    },
    clear: () =>
      setList((uploads) => uploads.filter(({ state }) => state === 'waiting' || state === 'sending')),
  }
}
