import type {
  ArchiveCompression,
  ArchiveContents,
  ArchiveImage,
  ArchiveLayer,
} from '#lib/contracts/archives.ts'
import type { EngineFlavour } from '#lib/contracts/common.ts'
import { AppError } from '../../errors.ts'
import { decompressed, plainTar, sniff } from '../../tar/compression.ts'
import { readTar } from '../../tar/read.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'
import { decidingDocuments, entryPath } from './entries.ts'
import { blobPath } from './oci-layout.ts'

/** An image and the full references that it gets; none leaves it without a name. */
export interface LoadChoice {
  image: ArchiveImage
  names: string[]
}

export interface LoadTarget {
  flavour: EngineFlavour
  /** The engine's own, `20.10.24+dfsg1`. */
  version: string
  hasContainerdStore: boolean
}

/** What an engine is given of an archive. */
interface Plan {
  /** Entries that pass, with their layer where they are one. */
  parts: Map<string, ArchiveLayer | null>
  documents: { path: string; value: unknown }[]
}

/**
 * The plain tar that an engine loads, for POST /images/load, made while the archive still comes: entries pass as they
 * are, below headers of our own, and what makes an image of them is written at the end, only after `contents` has
 * resolved. Of an archive that turns out bad the engine sees a cut tar with no image in it. Links are left out: the
 * documents name the layer itself.
 *
 * Once `contents` is known, what no choice needs is left out. Podman with one choice of an OCI layout gives it the first
 * name alone. `contents` has to go on by itself, from another reading of the source: here it may be waited for with the
 * source at rest (a zstd layer for Docker before 23, whose size a header has to say). Leaving early closes the source.
 *
 * Throws what `contents` rejects with, what the source throws, archive_truncated, archive_size_wrong, and
 * archive_kind_unknown for a rootfs or a choice of nothing.
 */
export async function* loadStream(
  source: AsyncIterable<Uint8Array>,
  contents: Promise<ArchiveContents>,
  choose: (contents: ArchiveContents) => LoadChoice[],
  target: LoadTarget,
): AsyncGenerator<Buffer> {
  let plan: Plan | null = null
  let failure: { error: unknown } | null = null
  const planned = contents.then((known) => (plan = planOf(known, choose(known), target)))
  planned.catch((error: unknown) => {
    failure = { error }
  })
  const fail = () => {
    if (failure) throw failure.error
  }
  // Known from the start, it decides on the first entry too.
  await new Promise(setImmediate)
  fail()
  const passed = new Set<string>()
  for await (const entry of readTar(plainTar(source))) {
    fail()
    const path = entryPath(entry.path)
    // One that is there again has the same bytes, or no document follows.
    if (entry.type !== 'file' || decidingDocuments.has(path) || passed.has(path)) continue
    passed.add(path)
    const known = plan as Plan | null
    if (known && !known.parts.has(path)) continue
    const { compression, chunks } = await sniff(entry.body[Symbol.asyncIterator]())
    if (compression === 'none' || unpacks(target, compression)) {
      yield* file(path, entry.size, guarded(chunks, fail))
      continue
    }
    const layer = (await planned).parts.get(path)
    if (layer) yield* file(path, layer.unpackedSize, guarded(decompressed(chunks, compression, path), fail))
  }
  for (const { path, value } of (await planned).documents) {
    const bytes = Buffer.from(JSON.stringify(value))
    yield* file(path, bytes.length, [bytes])
  }
  yield tarEnd()
}

/**
 * Docker learnt zstd with 23 (github.com/moby/moby/pull/44018); seen on 20.10: `unexpected EOF`. For xz it starts a
 * program of that name, which its host may lack (moby, pkg/archive, xzDecompress).
 */
function unpacks(
  { flavour, version, hasContainerdStore }: LoadTarget,
  compression: Exclude<ArchiveCompression, 'none'>,
): boolean {
  if (flavour === 'podman' || hasContainerdStore) return true
  return compression === 'zstd' ? !(Number.parseInt(version, 10) < 23) : compression !== 'xz'
}

async function* guarded(chunks: AsyncIterable<Buffer>, fail: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    fail()
    yield chunk
  }
}

async function* file(
  path: string,
  size: number,
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer> {
  yield tarHeader({ path, type: 'file', size, mode: 0o644, uid: 0, gid: 0, mtime: 0 })
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > size) break
    yield chunk
  }
  // Not the bytes that were judged: no document follows, and nothing is loaded.
  if (length !== size)
    throw new AppError('archive_size_wrong', { params: { entry: path, expected: size, found: length } })
  if (size % 512 > 0) yield tarPadding(size)
}

function planOf(contents: ArchiveContents, choices: LoadChoice[], target: LoadTarget): Plan {
  if (choices.length === 0)
    throw new AppError('archive_kind_unknown', { detail: 'Nothing of it is to be loaded.' })
  const isPodman = target.flavour === 'podman'
  // Docker's own store takes manifest.json alone. Podman takes a layout of one image, and several only by manifest.json,
  // which it does not look at where an index.json is.
  const isLayout = choices.every(({ image }) => image.manifest !== null)
  const byIndex =
    contents.kind === 'oci-layout' &&
    isLayout &&
    (isPodman ? choices.length === 1 : target.hasContainerdStore)
  const parts: Plan['parts'] = new Map()
  for (const { image } of choices) {
    parts.set(image.configPath, null)
    if (image.manifest && byIndex) parts.set(blobPath(image.manifest.digest), null)
    for (const layer of image.layers) parts.set(layer.path, layer)
  }
  return { parts, documents: byIndex ? layoutDocuments(choices, isPodman) : savedDocuments(choices) }
}

function savedDocuments(choices: LoadChoice[]): Plan['documents'] {
  const value = choices.map(({ image, names }) => ({
    Config: image.configPath,
    RepoTags: names,
    Layers: image.layers.map(({ path }) => path),
  }))
  return [{ path: 'manifest.json', value }]
}

/** The index points at the manifest itself: by way of an index of all platforms, the engine would look for the others. */
function layoutDocuments(choices: LoadChoice[], isPodman: boolean): Plan['documents'] {
  const manifests = choices.flatMap(({ image, names }) => {
    const entry = image.manifest as NonNullable<ArchiveImage['manifest']>
    if (names.length === 0) return [entry]
    return (isPodman ? names.slice(0, 1) : names).map((name) => ({
      ...entry,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    }))
  })
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  return [
    { path: 'oci-layout', value: { imageLayoutVersion: '1.0.0' } },
    { path: 'index.json', value: { schemaVersion: 2, mediaType, manifests } },
  ]
}
