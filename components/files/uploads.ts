'use client'
import { ApiFailure, failureOfAnswer } from '#components/data/api.ts'
import type { FileEntry } from '#lib/contracts/files.ts'

/** A file that was dropped or chosen, with its place below the folder; or an empty folder. */
export interface Dropped {
  name: string
  file: File | null
}

/** Something that is there and gets new content: a file, or a folder of which some files may. */
export interface Overwritten {
  name: string
  kind: 'file' | 'folder'
}

/**
 * What of a folder is overwritten by a drop. A file in the place of a folder is not among them, nor the other way round:
 * the engine refuses that, and says so.
 */
export function overwritten(
  dropped: readonly Dropped[],
  existing: ReadonlyMap<string, FileEntry>,
): readonly Overwritten[] {
  const found = new Map<string, Overwritten>()
  for (const { name, file } of dropped) {
    const [top = '', ...below] = name.split('/')
    const there = existing.get(top)?.kind
    // Behind a link there may be a folder.
    const isFolder = there === 'directory' || there === 'symlink'
    if (below.length > 0 && file && isFolder) found.set(top, { name: top, kind: 'folder' })
    else if (below.length === 0 && file && there && there !== 'directory')
      found.set(top, { name: top, kind: 'file' })
  }
  return [...found.values()]
}

/**
 * Sends bytes as a body and resolves with the answer's text. XMLHttpRequest, since fetch tells nothing of how far an
 * upload is.
 * @throws ApiFailure; DOMException AbortError when the signal was aborted
 */
export function sendBytes(
  method: 'PUT' | 'POST',
  url: string,
  bytes: Blob,
  signal: AbortSignal,
  progress: (sent: number) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    signal.addEventListener('abort', abort)
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort)
      settle()
    }
    request.upload.addEventListener('progress', (event) => progress(event.loaded))
    request.addEventListener('load', () =>
      end(() =>
        request.status < 300
          ? resolve(request.responseText)
          : reject(failureOfAnswer(request.status, request.responseText)),
      ),
    )
    request.addEventListener('error', () =>
      end(() => reject(new ApiFailure(0, { code: 'server_unreachable', message: 'No answer.' }))),
    )
    request.addEventListener('abort', () => end(() => reject(new DOMException('Cancelled', 'AbortError'))))
    request.open(method, url)
    request.setRequestHeader('content-type', 'application/octet-stream')
    // A file's own type would be sent otherwise.
    request.send(bytes.slice(0, bytes.size, 'application/octet-stream'))
  })
}

/** Files of a drop, folders gone through. Entries have to be taken in the event itself. */
export async function droppedFiles(transfer: DataTransfer): Promise<Dropped[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file')
  const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? [])
  // What is no entry of a disk (a picture dragged from another page) is a file all the same.
  const found: Dropped[] = items
    .filter((item) => item.webkitGetAsEntry() === null)
    .flatMap((item) => item.getAsFile() ?? [])
    .map((file) => ({ name: file.name, file }))
  for (const entry of entries) await walk(entry, '', found)
  return found
}

async function walk(entry: FileSystemEntry, before: string, found: Dropped[]): Promise<void> {
  const name = before + entry.name
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    found.push({ name, file })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // Browsers give a hundred at a time.
  for (let count = 0; ; ) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    count += batch.length
    if (count === 0) found.push({ name, file: null })
    if (batch.length === 0) return
    for (const child of batch) await walk(child, `${name}/`, found)
  }
}
