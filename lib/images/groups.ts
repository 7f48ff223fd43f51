import type { Container } from '../contracts/containers.ts'
import type { Image } from '../contracts/images.ts'

/** One image as it lies on some hosts. */
export interface ImageGroup {
  /** The id, which is the same wherever the content is the same (on engines without the containerd store). */
  id: string
  tags: string[]
  /** One per host. */
  copies: Image[]
  size: number
  createdAt: string | null
  /** Of a manifest list: what it is for. Null for an image. */
  platforms: string[] | null
  /** Containers made of it, on any host. */
  usedBy: Container[]
}

/** What people call it: its first tag, or the beginning of its digest. */
export const labelOf = ({ tags, id }: ImageGroup) => tags[0] ?? id.slice(7, 19)

/**
 * Groups images by digest over hosts. Podman and Docker give the same config digest as id; the containerd store gives
 * the manifest's digest, which is then found among the others' repository digests.
 */
export function groupImages(images: Iterable<Image>, containers: Iterable<Container>): ImageGroup[] {
  const all = [...images]
  const byManifest = new Map<string, string>()
  for (const image of all)
    for (const name of image.repoDigests) byManifest.set(name.slice(name.indexOf('@') + 1), image.id)
  const canonical = (image: Image) => {
    const other = byManifest.get(image.id)
    return other && other !== image.id ? other : image.id
  }
  const users = new Map<string, Container[]>()
  for (const container of containers) {
    const key = `${container.hostId}/${container.imageId}`
    const list = users.get(key)
    if (list) list.push(container)
    else users.set(key, [container])
  }
  const groups = new Map<string, ImageGroup>()
  for (const image of all) {
    const id = canonical(image)
    let group = groups.get(id)
    if (!group) {
      group = { id, tags: [], copies: [], size: 0, createdAt: image.createdAt, platforms: null, usedBy: [] }
      groups.set(id, group)
    }
    group.copies.push(image)
    group.size = Math.max(group.size, image.size)
    if (image.platforms)
      group.platforms = [...new Set([...(group.platforms ?? []), ...image.platforms])].sort()
    for (const tag of image.tags) if (!group.tags.includes(tag)) group.tags.push(tag)
    group.usedBy.push(...(users.get(`${image.hostId}/${image.id}`) ?? []))
  }
  for (const group of groups.values()) group.tags.sort()
  return [...groups.values()]
}
