import { matchesFilter, parseContainerFilter } from '#lib/containers/filter.ts'
import { actOfAction } from '#lib/containers/rules.ts'
import type { ActionResult, Container, ContainerAction, ContainerDetail } from '#lib/contracts/containers.ts'
import type { Access } from '../../access/access.ts'
import { cutContainer, othersFor } from '../../access/other-names.ts'
import type { Visibility, VisibilityOf } from '../../access/visibility.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { hideValues } from '../../redact.ts'

/** What an action carries besides its name. */
export interface ActionOptions {
  graceSeconds?: number
  signal?: string
  name?: string
  force?: boolean
  volumes?: boolean
}

export interface ContainerService {
  /** From the fleet state; never asks an engine. Throws invalid_filter. */
  list(filter: string, visibility: Visibility): Container[]
  get(hostId: string, id: string): Container
  inspect(
    principal: Principal,
    hostId: string,
    id: string,
    reveal: boolean,
    signal: AbortSignal,
  ): Promise<ContainerDetail>
  /**
   * Authorises, acts, and reads back what the engine really did. Throws container_not_found, the engine's conflicts, and
   * host_unresponsive when the outcome is unknown; an action is never sent twice.
   */
  act(
    principal: Principal,
    hostId: string,
    id: string,
    action: ContainerAction,
    options: ActionOptions,
  ): Promise<ActionResult>
}

export function createContainerService(parts: {
  fleet: MemoryFleet
  registry: HostRegistry
  authorize: Authorize
  authorizeChange: Access['authorizeChange']
  visibilityOf: VisibilityOf
}): ContainerService {
  const { fleet, registry, authorize, authorizeChange, visibilityOf } = parts
  const get = (hostId: string, id: string): Container => {
    registry.get(hostId)
    const container = fleet.get('containers', hostId, id)
    if (!container) throw new AppError('container_not_found', { hostId, objectId: id })
    return container
  }
  return {
    list(filter, visibility) {
      const parsed = parseContainerFilter(filter)
      if (!parsed.ok) {
        const { reason, text, from } = parsed.problem
        const fields = [{ path: 'filter', message: `${reason} at ${from}: ${text}` }]
        throw new AppError('invalid_filter', { params: { reason: `${text} (${from + 1})` }, fields })
      }
      const hosts = new Map(fleet.hosts().map((host) => [host.id, host]))
      return fleet
        .all('containers')
        .filter(
          (container) =>
            visibility.container(container) &&
            matchesFilter(parsed.terms, container, hosts.get(container.hostId)),
        )
    },
    get,
    async inspect(principal, hostId, id, reveal, signal) {
      if (reveal) authorizeAct(authorize, principal, 'container.reveal', { hostId, objectId: id })
      const container = get(hostId, id)
      const inspect = await at(registry.engine(hostId).containers.inspect(id, { signal }), container)
      if (!reveal) hideValues(inspect)
      const others = othersFor(fleet, hostId, () => visibilityOf(principal))
      if (others) cutContainer(inspect, others)
      return { container, inspect }
    },
    async act(principal, hostId, id, action, options) {
      authorizeAct(authorize, principal, actOfAction[action], { hostId, objectId: id })
      const container = get(hostId, id)
      if (action === 'rename')
        authorizeChange(principal, hostId, {
          before: container,
          after: { ...container, name: options.name ?? '' },
        })
      const engine = registry.engine(hostId)
      const readBack = async () => {
        // When it cannot be read back the events tell; the row from before must not overwrite them.
        const after = await engine.containers.read(id).catch(() => undefined)
        if (after) fleet.put('containers', { hostId, ...after })
        else if (after === null) fleet.remove('containers', hostId, id)
      }
      let outcome: ActionResult['outcome']
      try {
        outcome = await at(perform(engine, id, action, options), container)
      } catch (error) {
        // Of a start that failed, Docker sends no event in some cases: the row is to tell why.
        void readBack()
        throw error
      }
      await readBack()
      return { outcome, container: fleet.get('containers', hostId, id) ?? null }
    },
  }
}

function perform(engine: EngineClient, id: string, action: ContainerAction, options: ActionOptions) {
  switch (action) {
    case 'start':
      return engine.containers.start(id)
    case 'stop':
      return engine.containers.stop(id, options)
    case 'restart':
      return engine.containers.restart(id, options)
    case 'pause':
      return engine.containers.pause(id)
    case 'unpause':
      return engine.containers.unpause(id)
    case 'kill':
      return engine.containers.kill(id, options.signal ?? 'SIGKILL')
    case 'rename':
      return engine.containers.rename(id, options.name ?? '')
    case 'remove':
      return engine.containers.remove(id, {
        force: options.force ?? false,
        volumes: options.volumes ?? false,
      })
  }
}

/** Tells an error which container of which host it is about. */
async function at<T>(work: Promise<T>, container: Container): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw error.at({ hostId: container.hostId, objectId: container.id, params: { name: container.name } })
  }
}
