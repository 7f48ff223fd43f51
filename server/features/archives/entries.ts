import { createHash } from 'node:crypto'
import type { ArchiveCompression, ArchiveRemark } from '#lib/contracts/archives.ts'
import { AppError } from '../../errors.ts'
import { decompressed, sniff } from '../../tar/compression.ts'
import { readTar, type TarEntry } from '../../tar/read.ts'
import { largestDocument, parseJson, shapeOf, tooComplex } from './documents.ts'

/** Names at the top that say what an archive is. They are never passed to an engine as they come. */
export const decidingDocuments: ReadonlySet<string> = new Set([
  'oci-layout',
  'index.json',
  'manifest.json',
  'repositories',
])
const systemFolders = new Set([
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
  'srv',
  'sys',
  'tmp',
  'usr',
  'var',
])
/** An image has a few hundred; a system has as many as it has files. */
const mostEntries = { image: 20_000, rootfs: 2_000_000 }
/** Names at the top of what is not known that are told. */
const mostTops = 10
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
  /** The entries that links lead to, by the links' own paths. */
  links: Map<string, string>
  remarks: ArchiveRemark[]
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
 * @param isRootfs somebody says that it is the files of a system, which may look like anything
 */
export async function readEntries(
  tar: AsyncIterable<Uint8Array>,
  onEntry: (count: number) => void,
  onDocument: (path: string, value: unknown) => void,
  isRootfs = false,
): Promise<FoundEntries> {
  const found: FoundEntries = { isRootfs, entries: 0, files: new Map(), links: new Map(), remarks: [] }
  const tops = new Set<string>()
  const folders = new Set<string>()
  let marker: string | null = null
  let fault: AppError | null = null
  let documentBytes = 0
  for await (const entry of readTar(tar)) {
    onEntry(++found.entries)
    const path = entryPath(entry.path)
    if (path === '') continue
    if (isRootfs) {
      if (found.entries > mostEntries.rootfs) throw tooComplex('entries', mostEntries.rootfs)
      continue
    }
    const top = path.split('/', 1)[0] as string
    if (tops.size < mostTops) tops.add(shown(top))
    if (isMarker(path, entry.type)) marker ??= path
    if (systemFolders.has(top) && (path !== top || entry.type === 'directory' || entry.type === 'symlink'))
      folders.add(top)
    if (folders.size >= 2) {
      if (marker) throw new AppError('archive_kind_mixed', { params: { entry: marker } })
      found.isRootfs = true
      for (const kept of [found.files, found.links]) kept.clear()
      found.remarks = []
      if (found.entries > mostEntries.rootfs) throw tooComplex('entries', mostEntries.rootfs)
      continue
    }
    // After a fault nothing of it is looked at any more, but that it may yet turn out to be a rootfs.
    fault ??= faultOf(entry, path, found)
    if (!fault && (entry.type === 'symlink' || entry.type === 'hardlink')) addLink(found, entry, path)
    if (!fault && entry.type === 'file') {
      const known = found.files.get(path)
      const file = await readFile(entry, path, known ? () => {} : onDocument)
      documentBytes += file.document?.length ?? 0
      if (documentBytes > mostDocumentBytes) throw tooComplex('documents', mostDocumentBytes)
      if (!known) found.files.set(path, file)
      // go-containerregistry writes a layer as often as images have it.
      else if (known.digest === file.digest) found.remarks.push({ what: 'repeated', entry: path, detail: '' })
      else fault = new AppError('archive_entry_repeated', { params: { entry: shown(path) } })
    }
    if (marker && fault) throw fault
  }
  if (found.entries === 0) throw new AppError('archive_invalid', { detail: 'It is empty.' })
  if (!marker && !found.isRootfs)
    throw new AppError('archive_kind_unknown', { detail: `At its top: ${[...tops].join(', ')}` })
  return found
}

function isMarker(path: string, type: TarEntry['type']): boolean {
  return type === 'directory'
    ? path === 'blobs/sha256'
    : decidingDocuments.has(path) || path.startsWith('blobs/sha256/')
}

/** What no image may hold, and a rootfs may. */
function faultOf(entry: TarEntry, path: string, { entries, files, links }: FoundEntries): AppError | null {
  const params = { entry: shown(path) }
  if (entries > mostEntries.image) return tooComplex('entries', mostEntries.image)
  if (entry.type === 'file')
    return links.has(path) ? new AppError('archive_entry_repeated', { params }) : null
  if (entry.type === 'directory') return null
  if (entry.type !== 'symlink' && entry.type !== 'hardlink') return new AppError('archive_device', { params })
  const target = linkTarget(path, entry)
  // A file again under its own name, as bsdtar writes it for one that its list holds twice.
  if (files.has(path) && target === path) return null
  if (files.has(path) || (links.get(path) ?? target) !== target)
    return new AppError('archive_entry_repeated', { params })
  if (target === null || decidingDocuments.has(path) || decidingDocuments.has(target))
    return new AppError('archive_link', { params, detail: shown(entry.linkTarget) })
  return null
}

/** As `docker save` before 25 and Podman write a layer that an earlier image holds, and tar a file that it has met before. */
function addLink({ files, links, remarks }: FoundEntries, entry: TarEntry, path: string): void {
  const target = linkTarget(path, entry) as string
  if (files.has(path) || links.has(path)) remarks.push({ what: 'repeated', entry: path, detail: '' })
  else links.set(path, target)
}

/** The entry that a link leads to; null when it leads out. A symlink is read from its own folder, a hard link from the top. */
function linkTarget(path: string, { type, linkTarget: target }: TarEntry): string | null {
  if (/^([\\/]|[a-z]:)|\\/i.test(target)) return null
  const parts = type === 'symlink' ? path.split('/').slice(0, -1) : []
  for (const part of target.split('/')) {
    if (part === '..' && (type === 'hardlink' || parts.pop() === undefined)) return null
    if (part !== '' && part !== '.' && part !== '..') parts.push(part)
  }
  return parts.join('/') || null
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
