import type { Readable } from 'node:stream'
import type { ActName } from '#lib/acts.ts'
import type { Changes, CommitResult, Processes, UpdateOptions } from '#lib/contracts/container-details.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { mayName } from '../../acts/taken-name.ts'
import type { Policy } from '../../create-policy/index.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { hideText } from '../../redact.ts'
import { showsEnvironment } from './ps-arguments.ts'

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
    act: ActName,
    ask: (engine: EngineClient) => Promise<T>,
  ): Promise<T> => {
    const where = { hostId, objectId: containerId }
    authorizeAct(authorize, principal, act, where)
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
        authorizeAct(authorize, principal, 'container.reveal', {
          hostId: ref.hostId,
          objectId: ref.containerId,
        })
      const found = await on(principal, ref, 'container.processes', (engine) =>
        engine.containers.processes(ref.containerId, args, { signal }),
      )
      return reveals ? found : { ...found, rows: found.rows.map((row) => row.map(hideText)) }
    },
    changes: (principal, ref, signal) =>
      on(principal, ref, 'container.changes', (engine) =>
        engine.containers.changes(ref.containerId, { signal }),
      ),
    exportFiles: (principal, ref, signal) =>
      on(principal, ref, 'container.export', async (engine) => {
        if (policy.restricts(principal, ref.hostId)) await policy.look(engine, ref.containerId, signal)
        return engine.containers.export(ref.containerId, signal)
      }),
    commit: (principal, ref, { reference, ...rest }) =>
      on(principal, ref, 'container.commit', async (engine) => {
        const parsed = parseImageRef(reference)
        if (!parsed || parsed.digest) throw new AppError('reference_invalid', { detail: reference })
        const { repository, tag } = parsed
        if (policy.restricts(principal, ref.hostId)) await policy.enter(engine, ref.containerId)
        const commit = { repository, tag: tag ?? 'latest', ...rest }
        await mayName(authorize, principal, ref.hostId, engine)(`${repository}:${commit.tag}`)
        return { imageId: await engine.containers.commit(ref.containerId, commit) }
      }),
    update: (principal, ref, options) =>
      on(principal, ref, 'container.update', (engine) => engine.containers.update(ref.containerId, options)),
  }
}
