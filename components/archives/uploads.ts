'use client'
import { useSyncExternalStore } from 'react'
import { DetailedError, Upload } from 'tus-js-client'
import { apiUrl } from '#components/data/api.ts'
import type { ListedArchive } from '#lib/contracts/archives.ts'
import { largestPart, retriesUpload, uploadFailure } from './upload-parts.ts'

/** Milliseconds before each new try; after the last the upload stands still until somebody says go on. */
const retryDelays = [500, 1000, 2000, 4000, 8000, 15_000, 30_000]

/** An upload of this page. It goes on while one moves about in Roadstead; closed, it is taken up with the same file. */
export interface LocalUpload {
  fingerprint: string
  name: string
  size: number
  sent: number
  state: 'sending' | 'paused' | 'failed'
  error: unknown
  /** Known once the server has made it. */
  archiveId: string | null
}

let list: readonly LocalUpload[] = []
const running = new Map<string, Upload>()
const listeners = new Set<() => void>()

function set(next: readonly LocalUpload[]) {
  list = next
  for (const listener of listeners) listener()
}
function change(fingerprint: string, part: Partial<LocalUpload>) {
  set(list.map((upload) => (upload.fingerprint === fingerprint ? { ...upload, ...part } : upload)))
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
const empty: readonly LocalUpload[] = []

export function useUploads(): readonly LocalUpload[] {
  return useSyncExternalStore(
    subscribe,
    () => list,
    () => empty,
  )
}

/** Which file it is, as far as a browser tells. The digests tell in the end whether it was the right one. */
export function fingerprintOf(file: File, isRootfs: boolean): string {
  return `${file.name}|${file.size}|${file.lastModified}${isRootfs ? '|rootfs' : ''}`
}

/**
 * Sends a file, from where an earlier upload of it stopped.
 * @param isRootfs it holds the files of a system, whatever they look like
 * @param before what the library holds, to find that upload
 * @param onChange called when the server's list has something new
 */
export function sendArchive(
  file: File,
  isRootfs: boolean,
  before: readonly ListedArchive[],
  onChange: () => void,
): void {
  const fingerprint = fingerprintOf(file, isRootfs)
  if (list.some((upload) => upload.fingerprint === fingerprint && upload.state === 'sending')) return
  const started = before.find(
    (archive) => archive.state === 'uploading' && archive.fingerprint === fingerprint,
  )
  const fresh: LocalUpload = {
    fingerprint,
    name: file.name,
    size: file.size,
    sent: started?.received ?? 0,
    state: 'sending',
    error: null,
    archiveId: started?.id ?? null,
  }
  set([fresh, ...list.filter((upload) => upload.fingerprint !== fingerprint)])
  const done = () => {
    running.delete(fingerprint)
    set(list.filter((upload) => upload.fingerprint !== fingerprint))
    onChange()
  }
  const upload = new Upload(file, {
    endpoint: apiUrl('POST /api/archives/uploads'),
    uploadUrl: started
      ? apiUrl('PATCH /api/archives/uploads/:archiveId', { params: { archiveId: started.id } })
      : null,
    metadata: { filename: file.name, fingerprint, ...(isRootfs ? { kind: 'rootfs' } : {}) },
    chunkSize: largestPart,
    retryDelays,
    // The server knows its uploads; the browser's storage would only know those of this browser.
    storeFingerprintForResuming: false,
    onUploadUrlAvailable() {
      // Without it a part that is gone (refused, removed) is an error, and not silently begun anew.
      upload.options.endpoint = null
      change(fingerprint, { archiveId: upload.url?.split('/').at(-1) ?? null })
      onChange()
    },
    onProgress: (sent) => change(fingerprint, { sent }),
    onShouldRetry: retriesUpload,
    onError(error) {
      running.delete(fingerprint)
      change(fingerprint, {
        state: 'failed',
        error: error instanceof DetailedError ? uploadFailure(error) : error,
      })
      onChange()
    },
    onSuccess: done,
  })
  running.set(fingerprint, upload)
  upload.start()
}

/** Lets what is under way be cut; `resumeUpload` goes on behind what the server has. */
export function pauseUpload(fingerprint: string): void {
  void running.get(fingerprint)?.abort()
  change(fingerprint, { state: 'paused' })
}

export function resumeUpload(fingerprint: string): void {
  change(fingerprint, { state: 'sending', error: null })
  running.get(fingerprint)?.start()
}

/** Forgets it here; the server's part is removed with the archive. */
export function forgetUpload(fingerprint: string): void {
  void running.get(fingerprint)?.abort()
  running.delete(fingerprint)
  set(list.filter((upload) => upload.fingerprint !== fingerprint))
}
