import type { RegistryManifest } from '#lib/contracts/registries.ts'
import { AppError } from '../../errors.ts'
import type { RegistryClient } from './client.ts'
import { isDigest } from './exchange.ts'

interface Descriptor {
  mediaType?: unknown
  digest?: unknown
  size?: unknown
  platform?: unknown
  annotations?: Record<string, unknown> | null
}

/** Entries of an index that are read in full; the others are shown by what the index says. */
const mostImages = 32
/** Entries shown at all. Buildx puts an index into an index at most once. */
const most = { entries: 500, depth: 3 }
type Found = RegistryManifest['images'][number]

/**
 * What a tag holds, over its platforms. Attestations (docs.docker.com/build/metadata/attestations) are no images and are
 * left out; so are entries that name nothing. An entry that cannot be read is shown by what its index says. Throws
 * repository_not_found, not_a_registry.
 */
export async function readManifest(
  client: RegistryClient,
  repository: string,
  reference: string,
  signal?: AbortSignal,
): Promise<RegistryManifest> {
  const { digest, mediaType, body } = await client.manifest(repository, reference, signal)
  let budget = mostImages
  const readEntry = async (entry: Descriptor, depth: number): Promise<Found[]> => {
    const own = String(entry.digest).slice(0, 200)
    const platform = platformOf(entry.platform)
    const told: Found = { digest: own, platform, size: null, layers: [], createdAt: null }
    if (!isDigest(own) || budget-- <= 0) return [told]
    try {
      const manifest = await client.manifest(repository, own, signal)
      if (Array.isArray(manifest.body.manifests)) return await readIndex(manifest.body, depth + 1)
      return [await readImage(client, repository, own, manifest.body, platform, signal)]
    } catch (error) {
      // A mirror may hold some platforms only.
      if (error instanceof AppError && error.code === 'repository_not_found') return [told]
      throw error
    }
  }
  const readIndex = async (index: Record<string, unknown>, depth: number): Promise<Found[]> => {
    if (depth > most.depth) return []
    const entries = descriptors(index.manifests).filter(isImage).slice(0, most.entries)
    return (await Promise.all(entries.map((entry) => readEntry(entry, depth)))).flat()
  }
  const images = Array.isArray(body.manifests)
    ? await readIndex(body, 1)
    : [await readImage(client, repository, digest, body, null, signal)]
  const distinct = new Map(images.map((image) => [`${image.digest} ${image.platform}`, image]))
  return { digest, mediaType, images: [...distinct.values()].slice(0, most.entries) }
}

const isImage = ({ digest, platform, annotations }: Descriptor) =>
  typeof digest === 'string' &&
  platformOf(platform) !== 'unknown/unknown' &&
  annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest'

async function readImage(
  client: RegistryClient,
  repository: string,
  digest: string,
  body: Record<string, unknown>,
  platform: string | null,
  signal?: AbortSignal,
): Promise<Found> {
  const [config] = descriptors([body.config])
  const layers = descriptors(body.layers).map((layer) => ({
    digest: String(layer.digest).slice(0, 200),
    size: bytes(layer.size),
    mediaType: String(layer.mediaType ?? '').slice(0, 200),
  }))
  // Artifacts (signatures, charts) have a configuration that is no image's.
  const hasPlatform = /image\.config|container\.image\.v1/.test(String(config?.mediaType))
  const document =
    config && hasPlatform ? await client.configuration(repository, String(config.digest), signal) : {}
  const created = typeof document.created === 'string' ? Date.parse(document.created) : Number.NaN
  return {
    digest,
    platform: platform ?? (hasPlatform ? platformOf(document) : null),
    size: layers.reduce((sum, layer) => sum + layer.size, bytes(config?.size)),
    layers,
    // Of years that have more than four digits, ISO 8601 in this form knows nothing.
    createdAt: created >= 0 && created < 253_402_300_800_000 ? new Date(created).toISOString() : null,
  }
}

function descriptors(value: unknown): Descriptor[] {
  return Array.isArray(value)
    ? value.filter((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
    : []
}

const bytes = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0)

/** 'linux/arm/v7'; null where nothing is said of it. */
function platformOf(platform: unknown): string | null {
  if (typeof platform !== 'object' || platform === null) return null
  const { os, architecture, variant } = platform as Record<string, unknown>
  const part = (value: unknown) => (typeof value === 'string' && value !== '' ? value.slice(0, 60) : null)
  if (part(os) === null && part(architecture) === null) return null
  return [part(os) ?? 'unknown', part(architecture) ?? 'unknown', part(variant)].filter(Boolean).join('/')
}
