'use client'
import { useMemo, useSyncExternalStore } from 'react'
import { api, apiUrl } from '#components/data/api.ts'
import { nameOfText } from '#lib/byte-name.ts'
import type { FileOwner } from '#lib/contracts/files.ts'
import { type Dropped, sendBytes } from './uploads.ts'
import { type ContainerRef, containerKey, filesChanged } from './use-folder.ts'

/** The folder of a container that files go into. */
export interface UploadPlace {
  container: ContainerRef
  containerName: string
  path: string
  /** Of the folder: what is new in it belongs to the same. */
  owner: FileOwner | null
}

export interface Upload extends UploadPlace, Dropped {
  id: number
  /** Bytes. */
  size: number
  sent: number
  state: 'waiting' | 'sending' | 'done' | 'failed' | 'cancelled'
  error: unknown
}

export type Send = (upload: Upload, signal: AbortSignal, progress: (sent: number) => void) => Promise<unknown>

const keyOf = ({ container }: UploadPlace) => containerKey(container)
export const isRunning = ({ state }: Upload) => state === 'waiting' || state === 'sending'

/**
 * Uploads of this page. They belong to it and not to the view they were dropped on: that may be closed meanwhile. Those
 * into one container go one after another, also what is dropped later; another container waits for none of them.
 */
export class UploadStore {
  #list: readonly Upload[] = []
  readonly #send: Send
  readonly #onSettled: (container: string) => void
  readonly #listeners = new Set<() => void>()
  readonly #working = new Map<string, AbortController>()
  #nextId = 0

  /** @param onSettled called when nothing is left to be sent to a container */
  constructor(send: Send, onSettled: (container: string) => void) {
    this.#send = send
    this.#onSettled = onSettled
  }

  readonly list = (): readonly Upload[] => this.#list
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(place: UploadPlace, files: readonly Dropped[]): void {
    // What ended well before is cleared away by what begins, not by what joins the queue.
    const key = containerKey(place.container)
    const before = this.#working.has(key)
      ? this.#list
      : this.#list.filter((upload) => keyOf(upload) !== key || upload.state !== 'done')
    const added = files.map(({ name, file }) => ({
      ...place,
      name,
      file,
      id: this.#nextId++,
      size: file?.size ?? 0,
      sent: 0,
      state: 'waiting' as const,
      error: null,
    }))
    this.#set([...before, ...added])
    if (!this.#working.has(key)) void this.#work(key)
  }

  /** Ends what is being sent to a container, and what waits for it. */
  cancel(container: string): void {
    this.#set(
      this.#list.map((upload) =>
        keyOf(upload) === container && upload.state === 'waiting'
          ? { ...upload, state: 'cancelled' }
          : upload,
      ),
    )
    this.#working.get(container)?.abort()
  }

  /** Forgets what has ended. */
  clear(container: string): void {
    this.#set(this.#list.filter((upload) => keyOf(upload) !== container || isRunning(upload)))
  }

  async #work(container: string): Promise<void> {
    for (;;) {
      const next = this.#list.find((upload) => keyOf(upload) === container && upload.state === 'waiting')
      if (!next) break
      const abort = new AbortController()
      this.#working.set(container, abort)
      this.#change(next.id, { state: 'sending' })
      await this.#send(next, abort.signal, (sent) => this.#change(next.id, { sent })).then(
        () => this.#change(next.id, { state: 'done', sent: next.size }),
        (error: unknown) =>
          this.#change(next.id, {
            // Of what was sent nothing is there.
            sent: 0,
            ...(abort.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error }),
          }),
      )
    }
    this.#working.delete(container)
    this.#onSettled(container)
  }

  #change(id: number, part: Partial<Upload>): void {
    this.#set(this.#list.map((upload) => (upload.id === id ? { ...upload, ...part } : upload)))
  }

  #set(list: readonly Upload[]): void {
    this.#list = list
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

export const uploads = new UploadStore((upload, signal, progress) => {
  const { container: params, path, name, file, owner } = upload
  const query = { path, name: nameOfText(name), ...owner }
  return file
    ? sendBytes(
        'PUT',
        apiUrl('PUT /api/hosts/:hostId/containers/:containerId/files', {
          params,
          query: { ...query, mode: 0o644 },
        }),
        file,
        signal,
        progress,
      )
    : api.put('/api/hosts/:hostId/containers/:containerId/files', {
        params,
        query: { ...query, mode: 0o755, folder: true },
        signal,
      })
}, filesChanged)

// They end with the page: it is asked before it is left.
const ask = (event: BeforeUnloadEvent) => event.preventDefault()
uploads.subscribe(() => {
  if (uploads.list().some(isRunning)) window.addEventListener('beforeunload', ask)
  else window.removeEventListener('beforeunload', ask)
})

const none: readonly Upload[] = []

/** All uploads of this page. */
export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(uploads.subscribe, uploads.list, () => none)
}

/** Those into one container. */
export function useUploadsInto(container: string): readonly Upload[] {
  const all = useUploads()
  return useMemo(() => all.filter((upload) => keyOf(upload) === container), [all, container])
}
