import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { Volume } from '#lib/contracts/volumes.ts'

/** Addresses of objects: the list page with the object's drawer open. */
export const links = {
  container: (container: Pick<Container, 'hostId' | 'id'>) =>
    `/containers?open=${container.hostId}/${container.id.slice(0, 12)}`,
  /** An image is one thing wherever it lies, so its address carries no host. */
  image: (image: Pick<Image, 'id'>) => `/images?open=${encodeURIComponent(image.id)}`,
  volume: ({ hostId, id }: Pick<Volume, 'hostId' | 'id'>) =>
    `/volumes?open=${encodeURIComponent(`${hostId}/${id}`)}`,
  host: (host: Pick<Host, 'id'>) => `/hosts?open=${host.id}`,
}
