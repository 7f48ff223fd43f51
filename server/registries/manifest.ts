import type { RegistryManifest } from '#lib/contracts/registries.ts'
import type { RegistryClient } from './client.ts'

interface Descriptor {
  mediaType?: unknown
  digest?: unknown
  size?: unknown
  platform?: { os?: unknown; architecture?: unknown; variant?: unknown }
  annotations?: Record<string, unknown>
}

/** Entries of an index that are read in full; the others are shown by what the index says. */
const mostImages = 32

/**
 * What a tag holds, over its platforms. Attestations (docs.docker.com/build/metadata/attestations) are no images and are
 * left out. Throws repository_not_found, not_a_registry.
 */
export async function readManifest(
  client: RegistryClient,
  repository: string,
  reference: string,
  signal?: AbortSignal,
): Promise<RegistryManifest> {
  const { digest, mediaType, body } = await client.manifest(repository, reference, signal)
  const entries = descriptors(body.manifests)
  if (entries.length === 0) {
    const image = await readImage(client, repository, digest, body, null, signal)
    return { digest, mediaType, images: [image] }
  }
  const images = entries.filter((entry) => platformOf(entry) !== 'unknown/unknown')
  return {
    digest,
    mediaType,
    images: await Promise.all(
      images.slice(0, mostImages).map(async (entry) => {
        const platform = platformOf(entry)
        const own = String(entry.digest)
        const manifest = await client.manifest(repository, own, signal)
        return readImage(client, repository, own, manifest.body, platform, signal)
      }),
    ),
  }
}

async function readImage(
  client: RegistryClient,
  repository: string,
  digest: string,
  body: Record<string, unknown>,
  platform: string | null,
  signal?: AbortSignal,
): Promise<RegistryManifest['images'][number]> {
  const [config] = descriptors([body.config])
  const layers = descriptors(body.layers).map((layer) => ({
    digest: String(layer.digest),
    size: bytes(layer.size),
    mediaType: String(layer.mediaType ?? ''),
  }))
  // Artifacts (signatures, charts) have a configuration that is no image's.
  const isImage = /image\.config|container\.image\.v1/.test(String(config?.mediaType))
  const document =
    config && isImage ? await client.configuration(repository, String(config.digest), signal) : {}
  const created = typeof document.created === 'string' ? Date.parse(document.created) : Number.NaN
  return {
    digest,
    platform: platform ?? (isImage ? platformOf({ platform: document as Descriptor['platform'] }) : null),
    size: layers.reduce((sum, layer) => sum + layer.size, bytes(config?.size)),
    layers,
    createdAt: Number.isNaN(created) ? null : new Date(created).toISOString(),
  }
}

function descriptors(value: unknown): Descriptor[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : []
}

const bytes = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0)

function platformOf({ platform }: Descriptor): string {
  const { os, architecture, variant } = platform ?? {}
  return [os ?? 'unknown', architecture ?? 'unknown', variant].filter(Boolean).join('/')
}
