import type { Readable } from 'node:stream'
import type { Changes, CommitResult, Processes, UpdateOptions } from '#lib/contracts/container-details.ts'
import { parseImageRef } from '#lib/image-ref.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { MemoryFleet } from '../live/fleet-state.ts'
import type { Policy } from '../policy/index.ts'
import { hideText } from '../redact.ts'

export interface ContainerDetails {
  processes(principal: Principal, ref: ContainerRef, args: string, signal: AbortSignal): Promise<Processes>
  changes(principal: Principal, ref: ContainerRef, signal: AbortSignal): Promise<Changes>
  exportFiles(principal: Principal, ref: ContainerRef, signal: AbortSignal): Promise<Readable>
  commit(
    principal: Principal,
    ref: ContainerRef,
    options: { reference: string; author?: string; message?: string; pause: boolean },
  ): Promise<CommitResult>
  update(principal: Principal, ref: ContainerRef, options: UpdateOptions): Promise<void>
}

export interface ContainerRef {
  hostId: string
  containerId: string
}

/** What is asked of one container's engine, beside the actions that the table offers. */
export function createContainerDetails(parts: {
  fleet: MemoryFleet
  registry: HostRegistry
  authorize: Authorize
  policy: Policy
}): ContainerDetails {
  const { fleet, registry, authorize, policy } = parts
  /** Authorises, looks in the fleet, and only then asks the engine. */
  const on = async <T>(
    principal: Principal,
    { hostId, containerId }: ContainerRef,
    permission: Permission,
    ask: (engine: EngineClient) => Promise<T>,
  ): Promise<T> => {
    const where = { hostId, objectId: containerId }
    authorize(principal, permission, where)
    const container = fleet.get('containers', hostId, containerId)
    if (!container) throw new AppError('container_not_found', where)
    try {
      return await ask(registry.engine(hostId))
    } catch (error) {
      throw error instanceof AppError ? error.at({ ...where, params: { name: container.name } }) : error
    }
  }
  return {
    processes: async (principal, ref, args, signal) => {
      // Some of ps's options print each process's environment. With the right to that, asking for it reveals, and is recorded.
      const reveals = showsEnvironment(args)
      if (reveals)
        authorize(principal, 'containers.reveal', { hostId: ref.hostId, objectId: ref.containerId })
      const found = await on(principal, ref, 'containers.top', (engine) =>
        engine.containerProcesses(ref.containerId, args, { signal }),
      )
      return reveals ? found : { ...found, rows: found.rows.map((row) => row.map(hideText)) }
    },
    changes: (principal, ref, signal) =>
      on(principal, ref, 'containers.changes', (engine) =>
        engine.containerChanges(ref.containerId, { signal }),
      ),
    exportFiles: (principal, ref, signal) =>
      on(principal, ref, 'containers.export', (engine) => engine.exportContainer(ref.containerId, signal)),
    commit: (principal, ref, { reference, ...rest }) =>
      on(principal, ref, 'containers.commit', async (engine) => {
        const parsed = parseImageRef(reference)
        if (!parsed || parsed.digest) throw new AppError('reference_invalid', { detail: reference })
        const { repository, tag } = parsed
        if (policy.restricts(principal, ref.hostId)) await policy.enter(engine, ref.containerId)
        const commit = { repository, tag: tag ?? 'latest', ...rest }
        return { imageId: await engine.commitContainer(ref.containerId, commit) }
      }),
    update: (principal, ref, options) =>
      on(principal, ref, 'containers.update', (engine) => engine.updateContainer(ref.containerId, options)),
  }
}

/** BSD style `e` (`ps axe`), or asked for by name. A word that begins with a dash is in the other style, where e is harmless. */
export function showsEnvironment(args: string): boolean {
  return args
    .split(/\s+/)
    .some((word) => (!word.startsWith('-') && /^[a-z]*e[a-z]*$/i.test(word)) || /environ/i.test(word))
}
