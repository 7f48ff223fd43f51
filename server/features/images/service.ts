import type { Container } from '#lib/contracts/containers.ts'
import type { ImageMatches } from '#lib/contracts/image-search.ts'
import type { Image, ImageDetail, ImageHistory, ImageRemoveResult } from '#lib/contracts/images.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { cutImage, othersFor } from '../../access/other-names.ts'
import type { Visibility, VisibilityOf } from '../../access/visibility.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { withTaken } from '../../acts/taken-containers.ts'
import type { Local } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { hideBuildValues, hideValues } from '../../redact.ts'

/** Of one search: the most that Docker Hub gives in one answer. */
const mostMatches = 100

export interface ImageService {
  list(visibility: Visibility): Image[]
  /** Values of environment variables and of build arguments only for who may reveal a container's. */
  inspect(principal: Principal, hostId: string, id: string, signal: AbortSignal): Promise<ImageDetail>
  history(principal: Principal, hostId: string, id: string, signal: AbortSignal): Promise<ImageHistory>
  /** By the engine, in the registries that it searches. Throws image_search_failed. */
  search(principal: Principal, hostId: string, term: string, signal: AbortSignal): Promise<ImageMatches>
  /** Throws reference_invalid before the engine is asked. */
  tag(principal: Principal, hostId: string, id: string, reference: string): Promise<void>
  /**
   * Throws image_in_use naming the containers, image_has_several_tags.
   * @param tell called with words for the audit log on the containers that go with it, also when it fails
   */
  remove(
    principal: Principal,
    hostId: string,
    id: string,
    options: { reference?: string; force: boolean; noprune: boolean },
    tell: (words: string) => void,
  ): Promise<ImageRemoveResult>
}

export function createImageService(parts: {
  fleet: MemoryFleet
  registry: HostRegistry
  authorize: Authorize
  visibilityOf: VisibilityOf
}): ImageService {
  const { fleet, registry, authorize, visibilityOf } = parts
  const get = (hostId: string, id: string): Image => {
    registry.get(hostId)
    const image = fleet.get('images', hostId, id)
    if (!image) throw new AppError('image_not_found', { hostId, objectId: id })
    return image
  }
  const mayReveal = (principal: Principal, hostId: string) =>
    visibilityOf(principal).mayHostWide('containers.reveal', hostId)
  const told = async <T>(principal: Principal, hostId: string, id: string, work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const visibility = visibilityOf(principal)
      const users = fleet
        .all('containers', hostId)
        .filter((container) => container.imageId === id && visibility.container(container))
      const containers = users.map((container) => container.name).join(', ')
      throw error.at({ hostId, objectId: id, params: containers ? { containers } : {} })
    }
  }
  /** What was asked for is done: a list that fails afterwards is no failure of it. The event stream brings the list too. */
  const relist = async (hostId: string) => {
    const images = await registry
      .engine(hostId)
      .images.list()
      .catch(() => null)
    if (!images) return
    fleet.replace(
      'images',
      hostId,
      images.map((image) => ({ hostId, ...image })),
    )
  }
  return {
    list: (visibility) => fleet.all('images').filter(({ hostId }) => visibility.objects('images', hostId)),
    async inspect(principal, hostId, id, signal) {
      const image = get(hostId, id)
      const engine = registry.engine(hostId)
      const asked = image.platforms
        ? engine.images.inspectManifestList(id, { signal })
        : engine.images.inspect(id, { signal })
      const inspect = await told(principal, hostId, id, asked)
      if (!mayReveal(principal, hostId)) hideValues(inspect)
      const others = othersFor(fleet, hostId, () => visibilityOf(principal))
      if (others) cutImage(inspect, others)
      return { image, inspect }
    },
    async search(principal, hostId, term, signal) {
      authorizeAct(authorize, principal, 'image.search', { hostId })
      const matches = await registry
        .engine(hostId)
        .images.search(term, { limit: mostMatches, signal })
        .catch((error: unknown) => {
          throw error instanceof AppError ? error.at({ hostId }) : error
        })
      return { matches, isWhole: matches.length < mostMatches }
    },
    async history(principal, hostId, id, signal) {
      // A manifest list has no layers.
      if (get(hostId, id).platforms) return []
      const steps = await told(principal, hostId, id, registry.engine(hostId).images.history(id, { signal }))
      if (mayReveal(principal, hostId)) return steps
      return steps.map((step) => ({ ...step, createdBy: hideBuildValues(step.createdBy) }))
    },
    async tag(principal, hostId, id, reference) {
      authorizeAct(authorize, principal, 'image.tag', { hostId, objectId: id })
      const { platforms } = get(hostId, id)
      const parsed = parseImageRef(reference)
      if (!parsed || parsed.digest)
        throw new AppError('reference_invalid', {
          hostId,
          objectId: id,
          fields: [{ path: 'reference', message: 'invalid' }],
        })
      const target = { repository: parsed.repository, tag: parsed.tag ?? 'latest' }
      const engine = registry.engine(hostId)
      const tagged = platforms ? engine.images.tagManifestList(id, target) : engine.images.tag(id, target)
      await told(principal, hostId, id, tagged)
      await relist(hostId)
    },
    async remove(principal, hostId, id, { reference, force, noprune }, tell) {
      const takesContainers = force && registry.get(hostId).engine?.flavour !== 'docker'
      const act = takesContainers ? 'image.removeForced' : 'image.remove'
      authorizeAct(authorize, principal, act, { hostId, objectId: id })
      const image = get(hostId, id)
      // A tag is removed by a name the image has now, so that the name cannot lead to another image.
      if (reference !== undefined && !image.tags.includes(reference)) {
        throw new AppError('image_not_found', { hostId, objectId: id, params: { reference } })
      }
      const engine = registry.engine(hostId)
      const removal = () =>
        image.platforms
          ? engine.images.removeManifestList(id, reference === undefined ? image.tags : [reference])
          : engine.images.remove(reference ?? id, { force, noprune })
      let containers: string[] = []
      const note = (words: string, gone: Local<Container>[]) => {
        const { container: sees } = visibilityOf(principal)
        containers = gone.filter((each) => sees({ ...each, hostId })).map(({ name }) => name)
        tell(words)
      }
      const takes = { taking: 'ofImage', named: [id] } as const
      const work = takesContainers && !image.platforms ? withTaken(engine, takes, note, removal) : removal()
      const result = await told(principal, hostId, id, work)
      await relist(hostId)
      return { ...result, containers }
    },
  }
}
