import type { ImageArchiveFormat } from '#lib/contracts/image-copy.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { refuseManifestLists } from './manifest-lists.ts'

export interface ImageArchives {
  /**
   * Images of a host as one tar, from the engine's stream, with the file name that fits. Throws image_not_found,
   * oci_layout_unsupported.
   */
  save(
    principal: Principal,
    hostId: string,
    request: { references: readonly string[]; format: ImageArchiveFormat },
    signal: AbortSignal,
  ): Promise<{ name: string; body: AsyncIterable<Buffer> }>
}

export function createImageArchives({
  registry,
  fleet,
  authorize,
}: {
  fleet: Pick<MemoryFleet, 'all'>
  registry: HostRegistry
  authorize: Authorize
}): ImageArchives {
  return {
    async save(principal, hostId, { references, format }, signal) {
      authorizeAct(authorize, principal, 'image.save', { hostId })
      refuseManifestLists(fleet, hostId, references)
      const engine = registry.engine(hostId)
      const body = await (format === 'oci'
        ? engine.images.saveOciLayout(references, signal)
        : engine.images.save(references, signal))
      return { name: fileName(references, format), body }
    },
  }
}

/** `web-1.0.tar` of registry.example/team/web:1.0. */
export function fileName(references: readonly string[], format: ImageArchiveFormat): string {
  const ending = format === 'oci' ? '.oci.tar' : '.tar'
  const [first = '', ...others] = references
  if (others.length > 0) return `images-${references.length}${ending}`
  if (/^sha256:[0-9a-f]{64}$/.test(first)) return `${first.slice(7, 19)}${ending}`
  const { repository = first, tag = null } = parseImageRef(first) ?? {}
  return `${repository.split('/').at(-1)}-${tag ?? 'latest'}${ending}`
}
