import type { Container } from '../contracts/containers.ts'
import type { Image } from '../contracts/images.ts'
import type { ImageUpdate } from '../contracts/updates.ts'
import { parseImageRef } from './image-ref.ts'

/** Images of all hosts by host and tag. */
export type ImagesByTag = ReadonlyMap<string, Image>

export function imagesByTag(images: Iterable<Image>): ImagesByTag {
  const found = new Map<string, Image>()
  for (const image of images)
    for (const tag of image.tags) found.set(`${image.hostId} ${fullReference(tag)}`, image)
  return found
}

/**
 * The image that the reference of a container means on its host by now, when it is another than the container runs: it
 * was pulled, loaded or built since. Undefined when they are the same, and where the host has none under that name.
 */
export function movedOn(
  { hostId, image, imageId }: Pick<Container, 'hostId' | 'image' | 'imageId'>,
  tags: ImagesByTag,
): Image | undefined {
  const reference = fullReference(image)
  const now = reference === null ? undefined : tags.get(`${hostId} ${reference}`)
  return now && now.id !== imageId ? now : undefined
}

/**
 * What is known of a container's image: what its registry said (`update`, of that reference and image), unless the host
 * itself has another image under that name by now, and the registry no newer one still: then 'pulled'.
 */
export function updateStateOf(
  container: Pick<Container, 'hostId' | 'image' | 'imageId'>,
  update: Pick<ImageUpdate, 'state' | 'remoteDigest'> | undefined,
  tags: ImagesByTag,
): ImageUpdate['state'] | 'pulled' | undefined {
  const now = movedOn(container, tags)
  if (!now) return update?.state
  const isBehind =
    update?.state === 'newer' && !now.repoDigests.some((text) => text.endsWith(`@${update.remoteDigest}`))
  return isBehind ? 'newer' : 'pulled'
}

/** With its tag, and without what stands for Docker Hub: Podman writes that, and Docker does not. Null for a digest or an id. */
function fullReference(text: string): string | null {
  const parsed = parseImageRef(text)
  if (!parsed || parsed.digest || /^(?:sha256:)?[0-9a-f]{12,64}$/.test(text)) return null
  return `${parsed.repository.replace(/^docker\.io\/(?:library\/)?/, '')}:${parsed.tag ?? 'latest'}`
}
