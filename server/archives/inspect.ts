import type { ArchiveContents, ArchiveFound } from '#lib/contracts/archives.ts'
import { AppError } from '../errors.ts'
import { plainTar } from './compression.ts'
import { joinNames, readSaved } from './docker-archive.ts'
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
/** Bytes between two looks at what was found. */
const step = 1024 * 1024

/**
 * Reads an archive once, as it comes, and says what it holds: every blob compared with its digest and size, every layer
 * unpacked and compared with what the configuration says. Nothing is extracted; only JSON documents are kept, 32 MiB at
 * most. Throws AppError: archive_truncated, archive_invalid and the other `archive_` codes.
 */
export async function inspectArchive(
  source: AsyncIterable<Uint8Array>,
  options: { onFound?(found: ArchiveFound): void } = {},
): Promise<ArchiveContents> {
  const found: ArchiveFound = {
    ...{ kind: null, compression: null, entries: 0, bytes: 0 },
    ...{ names: [], platforms: [] },
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
  )
  const images = judge(entries)
  found.kind = images.kind
  tell()
  return { ...images, compression: found.compression ?? 'none', unpackedSize, entries: entries.entries }
}

function judge({ isRootfs, files, links }: FoundEntries): Pick<ArchiveContents, 'kind' | 'images'> {
  if (isRootfs) return { kind: 'rootfs', images: [] }
  const isLayout = files.has('oci-layout') && files.has('index.json')
  if (!isLayout && !files.has('manifest.json'))
    throw new AppError('archive_kind_unknown', {
      detail: 'Neither oci-layout with index.json nor manifest.json.',
    })
  const blobs = new FoundBlobs(files)
  if (isLayout) documentOf(layoutSchema, blobs.document('oci-layout', 'oci-layout'), 'oci-layout')
  const images = isLayout ? readLayout(blobs) : readSaved(blobs, links)
  if (isLayout && files.has('manifest.json')) joinNames(images, blobs)
  for (const path of isLayout ? links.keys() : [])
    throw new AppError('archive_link', { params: { entry: path } })
  for (const [path, { isLegacy }] of files) {
    const [folder = '', name = ''] = path.split('/')
    const isOld = isLegacy && isLayout && files.has('manifest.json')
    const isOldFile = !isLayout && hex64.test(folder) && (name === 'json' || name === 'VERSION')
    const isDeciding = decidingDocuments.has(path) && (isLayout || path !== 'index.json')
    if (!blobs.used.has(path) && !isDeciding && !isOld && !isOldFile)
      throw new AppError('archive_blob_extra', { params: { entry: path.slice(0, 300) } })
  }
  if (images.length === 0) throw new AppError('archive_kind_unknown', { detail: 'It names no image.' })
  return { kind: isLayout ? 'oci-layout' : 'docker-archive', images }
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
