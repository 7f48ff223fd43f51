'use client'
import { useSyncExternalStore } from 'react'
import { DetailedError, Upload } from 'tus-js-client'
import { ApiFailure, apiUrl } from '#components/data/api.ts'
import type { ListedArchive } from '#lib/contracts/archives.ts'
import type { ApiError } from '#lib/contracts/common.ts'

/** Bytes of one request: proxies with a limit of 100 MB let it through, and a cut costs at most this. */
const chunkBytes = 32 * 1024 * 1024
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
export function fingerprintOf(file: File): string {
  return `${file.name}|${file.size}|${file.lastModified}`
}

/**
 * Sends a file, from where an earlier upload of it stopped.
 * @param before what the library holds, to find that upload
 * @param onChange called when the server's list has something new
 */
export function sendArchive(file: File, before: readonly ListedArchive[], onChange: () => void): void {
  const fingerprint = fingerprintOf(file)
  if (list.some((upload) => upload.fingerprint === fingerprint && upload.state === 'sending')) return
  const started = before.find(
    (archive) => archive.state === 'uploading' && archive.fingerprint === fingerprint,
  )
  const fresh: LocalUpload = {
    ...{ fingerprint, name: file.name, size: file.size, sent: started?.received ?? 0 },
    ...{ state: 'sending', error: null, archiveId: started?.id ?? null },
  }
  set([fresh, ...list.filter((upload) => upload.fingerprint !== fingerprint)])
  const done = () => {
    running.delete(fingerprint)
    set(list.filter((upload) => upload.fingerprint !== fingerprint))
    onChange()
  }
  const upload = new Upload(file, {
    endpoint: apiUrl('/api/archives/uploads'),
    uploadUrl: started ? apiUrl(`/api/archives/uploads/${started.id}`) : null,
    metadata: { filename: file.name, fingerprint },
    chunkSize: chunkBytes,
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
    onShouldRetry(error) {
      const status = error.originalResponse?.getStatus() ?? 0
      // A proxy without its server, or none: both come back. What the server itself refuses stays refused.
      return status === 0 || (status >= 502 && status <= 504)
    },
    onError(error) {
      running.delete(fingerprint)
      change(fingerprint, { state: 'failed', error: failureOf(error) })
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

function failureOf(error: Error | DetailedError): unknown {
  if (!(error instanceof DetailedError)) return error
  const response = error.originalResponse
  if (!response) return new ApiFailure(0, { code: 'server_unreachable', message: 'No answer.' })
  try {
    const { error: told } = JSON.parse(response.getBody()) as { error: ApiError }
    return new ApiFailure(response.getStatus(), told)
  } catch {
    return new ApiFailure(response.getStatus(), {
      code: 'internal',
      message: `HTTP ${response.getStatus()}`,
    })
  }
}
