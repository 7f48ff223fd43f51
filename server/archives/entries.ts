import { createHash } from 'node:crypto'
import type { ArchiveCompression } from '#lib/contracts/archives.ts'
import { AppError } from '../errors.ts'
import { decompressed, sniff } from './compression.ts'
import { hex64, largestDocument, parseJson, shapeOf, tooComplex } from './documents.ts'
import { readTar, type TarEntry } from './tar/read.ts'

/** Names at the top that say what an archive is. They are never passed to an engine as they come. */
export const decidingDocuments: ReadonlySet<string> = new Set([
  ...['oci-layout', 'index.json', 'manifest.json', 'repositories'],
])
const systemFolders = new Set([
  ...[
    'bin',
    'boot',
    'dev',
    'etc',
    'home',
    'lib',
    'lib64',
    'media',
    'mnt',
    'opt',
    'proc',
    'root',
    'run',
    'sbin',
  ],
  ...['srv', 'sys', 'tmp', 'usr', 'var'],
])
/** An image has a few hundred; a system has as many as it has files. */
const mostEntries = { image: 20_000, rootfs: 2_000_000 }
/** Bytes of all documents that are kept. */
const mostDocumentBytes = 32 * 1024 * 1024

export interface FoundFile {
  path: string
  size: number
  digest: string
  compression: ArchiveCompression
  diffId: string
  unpackedSize: number
  /** Kept where it can be one that describes an image. */
  document: Buffer | null
  isLegacy: boolean
}

export interface FoundEntries {
  isRootfs: boolean
  entries: number
  /** Nothing for a rootfs. */
  files: Map<string, FoundFile>
  /** Their targets by path, resolved inside the archive. */
  links: Map<string, string>
}

/**
 * A name inside the archive: no `./` before it, no doubled slash; empty for the root itself. Throws
 * archive_path_outside for what leads elsewhere, on this system or on Windows.
 */
export function entryPath(path: string): string {
  const parts = path.split(/[\\/]/)
  if (/^([\\/]|[a-z]:[\\/])/i.test(path) || parts.includes('..'))
    throw new AppError('archive_path_outside', { params: { entry: shown(path) } })
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

/**
 * Reads all entries, hashes the files of an image and unpacks them for their size. What an image must not hold is refused
 * as soon as it is known to be one. `onEntry` is told of each, `onDocument` of those that can be of use.
 */
export async function readEntries(
  tar: AsyncIterable<Uint8Array>,
  onEntry: (count: number) => void,
  onDocument: (path: string, value: unknown) => void,
): Promise<FoundEntries> {
  const found: FoundEntries = { isRootfs: false, entries: 0, files: new Map(), links: new Map() }
  const seen = new Set<string>()
  const folders = new Set<string>()
  let marker: string | null = null
  let fault: AppError | null = null
  let documentBytes = 0
  for await (const entry of readTar(tar)) {
    onEntry(++found.entries)
    const path = entryPath(entry.path)
    if (path === '') continue
    const top = path.split('/', 1)[0] as string
    if (isMarker(path, entry.type)) marker ??= path
    if (systemFolders.has(top) && (path !== top || entry.type === 'directory' || entry.type === 'symlink'))
      folders.add(top)
    if (folders.size >= 2) {
      if (marker) throw new AppError('archive_kind_mixed', { params: { entry: marker } })
      found.isRootfs = true
      for (const kept of [seen, found.files, found.links]) kept.clear()
      if (found.entries > mostEntries.rootfs) throw tooComplex('entries', mostEntries.rootfs)
      continue
    }
    fault ??= faultOf(entry, path, seen, found.entries)
    if (marker && fault) throw fault
    // Nothing of it is looked at any more, but that it may yet turn out to be a rootfs.
    if (fault) continue
    if (entry.type !== 'directory') seen.add(path)
    if (entry.type === 'symlink') found.links.set(path, linkTarget(path, entry.linkTarget))
    if (entry.type !== 'file') continue
    const file = await readFile(entry, path, onDocument)
    documentBytes += file.document?.length ?? 0
    if (documentBytes > mostDocumentBytes) throw tooComplex('documents', mostDocumentBytes)
    found.files.set(path, file)
  }
  if (found.entries === 0) throw new AppError('archive_invalid', { detail: 'It is empty.' })
  if (!marker && !found.isRootfs) throw new AppError('archive_kind_unknown')
  return found
}

function isMarker(path: string, type: TarEntry['type']): boolean {
  return type === 'directory'
    ? path === 'blobs/sha256'
    : decidingDocuments.has(path) || path.startsWith('blobs/sha256/')
}

/** What no image may hold, and a rootfs may. */
function faultOf(entry: TarEntry, path: string, seen: Set<string>, count: number): AppError | null {
  const params = { entry: shown(path) }
  if (count > mostEntries.image) return tooComplex('entries', mostEntries.image)
  if (seen.has(path)) return new AppError('archive_entry_repeated', { params })
  if (entry.type === 'file' || entry.type === 'directory') return null
  if (entry.type !== 'symlink' && entry.type !== 'hardlink') return new AppError('archive_device', { params })
  // As `docker save` before 25 writes for a layer that an earlier image holds, and Podman for each.
  const target = linkTarget(path, entry.linkTarget)
  const [folder = '', name, ...rest] = target.split('/')
  const isLayer =
    (name === 'layer.tar' && hex64.test(folder)) ||
    (name === undefined && hex64.test(folder.replace(/\.tar$/, '')))
  const isLink =
    entry.type === 'symlink' && /^[0-9a-f]{64}\/layer\.tar$/.test(path) && isLayer && rest.length === 0
  return isLink ? null : new AppError('archive_link', { params, detail: shown(entry.linkTarget) })
}

/** Empty when it leads out. */
function linkTarget(path: string, target: string): string {
  if (!target.startsWith('../') || target.includes('\\')) return ''
  const rest = target.slice(3)
  return path.split('/').length === 2 && !/(^|\/)\.{0,2}(\/|$)/.test(rest) ? rest : ''
}

async function readFile(
  entry: TarEntry,
  path: string,
  onDocument: (path: string, value: unknown) => void,
): Promise<FoundFile> {
  if (decidingDocuments.has(path) && entry.size >= largestDocument)
    throw tooComplex('documents', largestDocument, path)
  const whole = createHash('sha256')
  const { compression, chunks } = await sniff(entry.body[Symbol.asyncIterator]())
  const parts: Buffer[] = []
  let digest: string
  let diffId: string
  let unpackedSize = 0
  if (compression === 'none') {
    let mayBeDocument = entry.size < largestDocument
    for await (const chunk of chunks) {
      mayBeDocument &&= parts.length > 0 || decidingDocuments.has(path) || chunk[0] === 0x7b
      if (mayBeDocument) parts.push(chunk)
      whole.update(chunk)
    }
    diffId = digest = `sha256:${whole.digest('hex')}`
    unpackedSize = entry.size
  } else {
    const inside = createHash('sha256')
    for await (const part of decompressed(chunks, compression, path, (chunk) => whole.update(chunk))) {
      inside.update(part)
      unpackedSize += part.length
    }
    digest = `sha256:${whole.digest('hex')}`
    diffId = `sha256:${inside.digest('hex')}`
  }
  const expected = namedDigest(path)
  if (expected && expected !== digest && (path.startsWith('blobs/') || expected !== diffId))
    throw new AppError('archive_digest_wrong', { params: { entry: path, expected, found: digest } })
  const file = { path, size: entry.size, digest, compression, diffId, unpackedSize }
  return { ...file, ...documentIn(path, Buffer.concat(parts), onDocument) }
}

/** Keeps what describes an image: attestations are JSON too, of many megabytes. */
function documentIn(path: string, bytes: Buffer, onDocument: (path: string, value: unknown) => void) {
  const isDeciding = decidingDocuments.has(path)
  if (bytes.length === 0) return { document: isDeciding ? bytes : null, isLegacy: false }
  let value: unknown
  try {
    value = parseJson(bytes, path)
  } catch {
    // Told when something refers to it; a small layer can begin with a brace too.
    return { document: bytes, isLegacy: false }
  }
  const shape = shapeOf(value)
  const isLegacy = shape === 'legacy'
  if (!isDeciding && (shape === null || isLegacy)) return { document: null, isLegacy }
  onDocument(path, value)
  return { document: bytes, isLegacy: false }
}

/** The digest that a name promises: of a blob, or of what Docker, Podman and go-containerregistry name by its content. */
function namedDigest(path: string): string | null {
  const match =
    /^(?:blobs\/sha256\/([^/]*)|([0-9a-f]{64})\.(?:json|tar|tar\.gz)|sha256:([0-9a-f]{64}))$/.exec(path)
  return match ? `sha256:${match[1] ?? match[2] ?? match[3]}` : null
}

const shown = (path: string) => path.slice(0, 300)
