import { qualifiedReference } from '#lib/images/image-ref.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'

/**
 * Podman saves of a manifest list the image of its own platform alone, and says nothing of it.
 * @throws image_is_manifest_list
 */
export function refuseManifestLists(
  fleet: Pick<MemoryFleet, 'all'>,
  hostId: string,
  references: readonly string[],
): void {
  const lists = fleet.all('images', hostId).filter(({ platforms }) => platforms)
  for (const reference of references) {
    const name = qualifiedReference(reference)
    const list = lists.find(({ id, tags }) => id === reference || (name !== null && tags.includes(name)))
    if (list)
      throw new AppError('image_is_manifest_list', { hostId, params: { name: list.tags[0] ?? reference } })
  }
}
