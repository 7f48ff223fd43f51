import type { ArchiveImage, ArchiveRemark } from '#lib/contracts/archives.ts'
import { AppError } from '../../errors.ts'
import {
  configSchema,
  type Descriptor,
  documentOf,
  indexSchema,
  invalidDocument,
  isObject,
  manifestSchema,
  nameOf,
  parseJson,
  platformWord,
  tooComplex,
} from './documents.ts'
import type { FoundFile } from './entries.ts'

/** Descriptors of all indexes together. */
const mostDescriptors = 5000
const mostLayers = 500
/** An index in an index is what buildx writes; deeper ones are nobody's. */
const deepestIndex = 4

/** What an index may lead to and still hold an image to run. */
const imageTypes =
  /^$|^application\/vnd\.(oci\.image\.(index|manifest)\.v1|docker\.distribution\.manifest(\.list)?\.v2)\+json$/
const configTypes = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
const layerType =
  /^application\/vnd\.(oci\.image\.layer\.v1\.tar(\+gzip|\+zstd)?|docker\.image\.rootfs\.diff\.tar(\.gzip|\.zstd)?)$/
const foreignType = /nondistributable|\.foreign\./

/** The files of an archive, and which of them something refers to. */
export class FoundBlobs {
  readonly used = new Set<string>()
  private readonly files: ReadonlyMap<string, FoundFile>
  private readonly links: ReadonlyMap<string, string>

  constructor(files: ReadonlyMap<string, FoundFile>, links: ReadonlyMap<string, string>) {
    this.files = files
    this.links = links
  }

  /** The file, or the one that a link of that name leads to. Throws archive_blob_missing. `referrer` is what names it. */
  file(path: string, referrer: string): FoundFile {
    const file = this.files.get(path) ?? this.files.get(this.links.get(path) ?? '')
    if (!file)
      throw new AppError('archive_blob_missing', { params: { blob: path.slice(0, 300), entry: referrer } })
    this.used.add(path).add(file.path)
    return file
  }

  /** Throws archive_blob_missing, archive_link, archive_size_wrong. */
  blob({ digest, size }: Descriptor, referrer: string): FoundFile {
    const file = this.file(blobPath(digest), referrer)
    // An engine gets the file under its own name, and looks for it where its digest says.
    if (file.path !== blobPath(digest))
      throw new AppError('archive_link', { params: { entry: blobPath(digest) }, detail: file.path })
    if (file.size !== size)
      throw new AppError('archive_size_wrong', {
        params: { entry: file.path, expected: size, found: file.size },
      })
    return file
  }

  has({ digest }: Descriptor): boolean {
    return this.files.has(blobPath(digest))
  }

  /** Throws archive_blob_missing, archive_json_invalid, archive_document_invalid. */
  document(path: string, referrer: string): unknown {
    return this.documentOf(this.file(path, referrer))
  }

  documentOf(file: FoundFile): unknown {
    if (!file.document) throw invalidDocument(file.path, 'It is no document of an image.')
    return parseJson(file.document, file.path)
  }
}

export const blobPath = (digest: string) => `blobs/sha256/${digest.slice('sha256:'.length)}`

/**
 * The images of an OCI layout, by way of nested indexes, every descriptor compared with its blob
 * (github.com/opencontainers/image-spec, image-layout.md). What lies beside them in it, signatures and charts, is remarked.
 */
export function readLayout(blobs: FoundBlobs, remarks: ArchiveRemark[]): ArchiveImage[] {
  const images = new Map<string, ArchiveImage>()
  let count = 0
  /** Why there is nothing to load, if it comes to that. */
  let refusal: AppError | null = null

  function readIndex(value: unknown, entry: string, depth: number, naming?: Descriptor['annotations']): void {
    if (depth > deepestIndex) throw tooComplex('depth', deepestIndex, entry)
    for (const descriptor of documentOf(indexSchema, value, entry).manifests) {
      if (++count > mostDescriptors) throw tooComplex('images', mostDescriptors)
      if (!imageTypes.test(descriptor.mediaType)) {
        leaveOut('archive_not_image', blobPath(descriptor.digest), descriptor.mediaType, [descriptor])
        continue
      }
      // Docker with the containerd store saves an index whole and only the platforms that it has (containerd's
      // WithSkipMissing): what is absent there was never meant to be in the archive.
      if (depth > 0 && !blobs.has(descriptor)) {
        refusal ??= new AppError('archive_blob_missing', {
          params: { blob: blobPath(descriptor.digest), entry },
        })
        continue
      }
      const file = blobs.blob(descriptor, entry)
      const document = blobs.documentOf(file)
      const own = depth === 0 ? descriptor.annotations : naming
      // Both at once would be an index to one reader and an image to another (CVE-2021-41190).
      const isIndex = isObject(document) && 'manifests' in document
      const isManifest = isObject(document) && ('config' in document || 'layers' in document)
      const isSaid = /index|manifest\.list/.test(descriptor.mediaType)
      if (isIndex === isManifest || (descriptor.mediaType !== '' && isSaid !== isIndex))
        throw invalidDocument(file.path, `It is not what its media type says: ${descriptor.mediaType}`)
      const mediaType = (document as { mediaType?: unknown }).mediaType ?? descriptor.mediaType
      if (descriptor.mediaType !== '' && mediaType !== descriptor.mediaType)
        throw invalidDocument(file.path, `${String(mediaType).slice(0, 200)} and ${descriptor.mediaType}`)
      if (isIndex) readIndex(document, file.path, depth + 1, own)
      else readManifest(document, file, { ...descriptor, mediaType: String(mediaType) }, own)
    }
  }

  function readManifest(
    document: unknown,
    { path }: FoundFile,
    descriptor: Descriptor,
    naming: Descriptor['annotations'],
  ): void {
    const known = images.get(descriptor.digest)
    if (known) {
      const name = nameOf(naming)
      if (name && !known.names.includes(name)) known.names.push(name)
      return
    }
    const { config, layers, mediaType } = documentOf(manifestSchema, document, path)
    const parts = [config, ...(layers ?? [])]
    const { os, architecture } = descriptor.platform ?? {}
    // Attestations of buildx: their layers are statements and their platform is none
    // (docs.docker.com/build/metadata/attestations/attestation-storage).
    const isUnknown = os === 'unknown' && architecture === 'unknown'
    if (isUnknown || descriptor.annotations?.['vnd.docker.reference.type']) return pass(parts, path)
    if (!configTypes.has(config.mediaType))
      return leaveOut('archive_not_image', path, config.mediaType, parts)
    for (const { mediaType: found, urls } of layers ?? []) {
      if (foreignType.test(found) || (urls?.length ?? 0) > 0)
        return leaveOut('archive_layer_foreign', path, found, parts)
      if (!layerType.test(found)) return leaveOut('archive_not_image', path, found, parts)
    }
    const name = nameOf(naming)
    images.set(descriptor.digest, {
      ...readImage(
        blobs,
        blobs.blob(config, path),
        (layers ?? []).map((layer) => blobs.blob(layer, path)),
        descriptor.platform,
      ),
      names: name ? [name] : [],
      manifest: {
        digest: descriptor.digest,
        size: descriptor.size,
        mediaType: mediaType ?? (descriptor.mediaType || 'application/vnd.oci.image.manifest.v1+json'),
      },
    })
  }

  /** No engine is given it: what of it is there has to be what it says, and what is not there is missed by nobody. */
  function pass(parts: readonly Descriptor[], path: string): void {
    for (const part of parts) if (blobs.has(part)) blobs.blob(part, path)
  }

  function leaveOut(
    code: 'archive_not_image' | 'archive_layer_foreign',
    path: string,
    found: string,
    parts: readonly Descriptor[],
  ): void {
    pass(parts, path)
    refusal ??= new AppError(code, { params: { entry: path, found } })
    remarks.push({ what: code === 'archive_not_image' ? 'artifact' : 'foreign', entry: path, detail: found })
  }

  readIndex(blobs.document('index.json', 'index.json'), 'index.json', 0)
  if (images.size === 0 && refusal) throw refusal
  return [...images.values()]
}

/** An image by its configuration: as many layers as it says, and each unpacked the one that it says. */
export function readImage(
  blobs: FoundBlobs,
  config: FoundFile,
  layers: FoundFile[],
  said?: Descriptor['platform'],
): Omit<ArchiveImage, 'names' | 'manifest'> {
  const document = documentOf(configSchema, blobs.documentOf(config), config.path)
  const diffIds = document.rootfs.diff_ids ?? []
  const params = { entry: config.path, expected: diffIds.length, found: layers.length }
  if (diffIds.length > mostLayers) throw tooComplex('layers', mostLayers, config.path)
  if (diffIds.length !== layers.length) throw new AppError('archive_layer_count', { params })
  for (const [index, { path, diffId }] of layers.entries()) {
    const expected = diffIds[index] as string
    if (diffId !== expected)
      throw new AppError('archive_diff_id_wrong', { params: { entry: path, expected, found: diffId } })
  }
  const created = Date.parse(document.created ?? '')
  return {
    platform: [
      document.os || orUnknown(said?.os),
      document.architecture || orUnknown(said?.architecture),
      document.variant || said?.variant,
    ]
      .filter(Boolean)
      .join('/'),
    configDigest: config.digest,
    configPath: config.path,
    layers: layers.map(({ path, digest, size, compression, diffId, unpackedSize }) => {
      return { path, digest, size, compression, diffId, unpackedSize }
    }),
    createdAt: Number.isNaN(created) ? null : new Date(created).toISOString(),
  }
}

const orUnknown = (word = '') => (platformWord.test(word) ? word : 'unknown')
