import type { ArchiveContents, ArchiveFound, ArchiveImage, ArchiveRemark } from '#lib/contracts/archives.ts'
import { AppError } from '../../errors.ts'
import { plainTar } from '../../tar/compression.ts'
import { joinSaved, readSaved } from './docker-archive.ts'
import {
  configSchema,
  documentOf,
  fullName,
  hex64,
  indexSchema,
  layoutSchema,
  nameOf,
  savedSchema,
} from './documents.ts'
import { decidingDocuments, type FoundEntries, readEntries } from './entries.ts'
import { FoundBlobs, readLayout } from './oci-layout.ts'

/** Names and platforms that are shown early; the archive itself may hold more. */
const mostShown = 100
/** Remarks that are kept; the others are counted. */
const mostRemarks = 100
/** Bytes between two looks at what was found. */
const step = 1024 * 1024

/**
 * Reads an archive once, as it comes, and says what it holds: every blob compared with its digest and size, every layer
 * unpacked and compared with what the configuration says. Nothing is extracted; only JSON documents are kept, 32 MiB at
 * most. Throws AppError: archive_truncated, archive_invalid and the other `archive_` codes.
 */
export async function inspectArchive(
  source: AsyncIterable<Uint8Array>,
  options: { isRootfs?: boolean; onFound?(found: ArchiveFound): void } = {},
): Promise<ArchiveContents> {
  const found: ArchiveFound = {
    kind: options.isRootfs ? 'rootfs' : null,
    compression: null,
    entries: 0,
    bytes: 0,
    names: [],
    platforms: [],
  }
  const tell = () => options.onFound?.({ ...found, names: [...found.names], platforms: [...found.platforms] })
  let toldAt = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      found.bytes += chunk.length
      if (found.bytes - toldAt >= step) {
        toldAt = found.bytes
        tell()
      }
      yield chunk
    }
  }
  let unpackedSize = 0
  async function* unpacked(): AsyncGenerator<Buffer> {
    for await (const chunk of plainTar(counted(), (compression) => (found.compression = compression))) {
      unpackedSize += chunk.length
      yield chunk
    }
  }
  const entries = await readEntries(
    unpacked(),
    (count) => (found.entries = count),
    (path, value) => {
      if (path === 'oci-layout' || path === 'index.json') found.kind = 'oci-layout'
      if (path === 'manifest.json') found.kind ??= 'docker-archive'
      lookAt(found, path, value)
      tell()
    },
    options.isRootfs,
  )
  const judged = judge(entries)
  found.kind = judged.kind
  tell()
  return { ...judged, compression: found.compression ?? 'none', unpackedSize, entries: entries.entries }
}

type Judged = Omit<ArchiveContents, 'compression' | 'unpackedSize' | 'entries'>

function judge({ isRootfs, files, links, remarks }: FoundEntries): Judged {
  if (isRootfs) return { kind: 'rootfs', images: [], remarks: [], remarkCount: 0 }
  const isLayout = files.has('oci-layout') && files.has('index.json')
  const isSaved = files.has('manifest.json')
  if (!isLayout && !isSaved)
    throw new AppError('archive_kind_unknown', {
      detail: 'Neither oci-layout with index.json nor manifest.json.',
    })
  const blobs = new FoundBlobs(files, links)
  if (isLayout) documentOf(layoutSchema, blobs.document('oci-layout', 'oci-layout'), 'oci-layout')
  let images = isLayout ? readLayout(blobs, remarks) : readSaved(blobs)
  if (isLayout && isSaved) images = joinSaved(images, blobs)
  if (images.length === 0) throw new AppError('archive_kind_unknown', { detail: 'It names no image.' })
  const all = [...remarks, ...beside(files, links, blobs, { isLayout, isSaved }), ...withoutPlatform(images)]
  return {
    kind: isLayout ? 'oci-layout' : 'docker-archive',
    images,
    remarks: all.slice(0, mostRemarks).map((remark) => ({ ...remark, entry: remark.entry.slice(0, 300) })),
    remarkCount: all.length,
  }
}

/** Files and links that no image needs. No document names them to an engine. */
function beside(
  files: FoundEntries['files'],
  links: FoundEntries['links'],
  blobs: FoundBlobs,
  { isLayout, isSaved }: { isLayout: boolean; isSaved: boolean },
): ArchiveRemark[] {
  const found: ArchiveRemark[] = []
  for (const [path, { isLegacy }] of files) {
    const [folder = '', name = ''] = path.split('/')
    const isOld = isLegacy && isLayout && isSaved
    const isOldFile = !isLayout && hex64.test(folder) && (name === 'json' || name === 'VERSION')
    const isDeciding = decidingDocuments.has(path) && (isLayout || path !== 'index.json')
    if (!blobs.used.has(path) && !isDeciding && !isOld && !isOldFile)
      found.push({ what: 'extra', entry: path, detail: '' })
  }
  for (const [path, target] of links)
    if (!blobs.used.has(path)) found.push({ what: 'link', entry: path, detail: target.slice(0, 300) })
  return found
}

function withoutPlatform(images: readonly ArchiveImage[]): ArchiveRemark[] {
  return images
    .filter(({ platform }) => platform.split('/').includes('unknown'))
    .map(({ configPath, platform }) => ({ what: 'platform', entry: configPath, detail: platform }))
}

/** A first look, for showing: what does not fit is passed over here and told by the judgement. */
function lookAt(found: ArchiveFound, path: string, value: unknown): void {
  const names: (string | null)[] = []
  try {
    if (path === 'index.json')
      names.push(
        ...(indexSchema.safeParse(value).data?.manifests ?? []).map((one) => nameOf(one.annotations)),
      )
    if (path === 'manifest.json')
      names.push(
        ...(savedSchema.safeParse(value).data ?? []).flatMap((one) => (one.RepoTags ?? []).map(fullName)),
      )
  } catch {
    // archive_name_invalid, which the judgement tells.
  }
  for (const name of names)
    if (name && !found.names.includes(name) && found.names.length < mostShown) found.names.push(name)
  const { os, architecture, variant } = configSchema.safeParse(value).data ?? {}
  const platform = [os, architecture, variant].filter(Boolean).join('/')
  const isNew = platform !== '' && platform !== 'unknown/unknown' && !found.platforms.includes(platform)
  if (isNew && found.platforms.length < mostShown) found.platforms.push(platform)
}
