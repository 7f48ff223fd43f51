import { checkSpec } from '#lib/containers/spec-check.ts'
import { type ContainerSpec } from '#lib/contracts/container-create.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { Access } from '../../access/access.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { Creator, Policy } from '../../create-policy/index.ts'
import { compareVersions } from '../../engine/compat.ts'
import type { CreateBody } from '../../engine/create.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { faultSentence } from '../../messages.ts'
import type { Authorize } from '../../principal/principal.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../../tasks/types.ts'
import type { RegistryService } from '../registries/service.ts'
import { createBody, splitNetworks } from './create-body.ts'
import { creation, creationStateSchema } from './creation.ts'
import { nameAfter, refuseTakenName } from './name.ts'
import { provideImage } from './provide-image.ts'
import { type RestrictBody, refuseRestricted } from './restricted-spec.ts'

export const createKind = 'containers.create'

export interface CreateParts {
  registry: HostRegistry
  registries: Pick<RegistryService, 'accountFor'>
  authorize: Authorize
  fleet: FleetState
  authorizeChange: Access['authorizeChange']
  policy: Policy
}

/** Makes one container on each of several hosts: image, container, networks, start. A step for each host. */
export function createContainerTask(parts: CreateParts): TaskDefinition {
  const { registry, registries, authorize, authorizeChange, fleet, policy } = parts
  return defineTask({
    kind: createKind,
    params: ({ spec, hostIds }) => ({ name: spec.name ?? spec.image, count: hostIds.length }),
    plan({ spec, hostIds, pull, start }, principal) {
      refuseFaults(spec)
      if (hostIds.some((hostId) => policy.restricts(principal, hostId))) refuseRestricted(spec)
      const name = spec.name || nameAfter(spec.image)
      for (const hostId of hostIds)
        authorizeChange(principal, hostId, {
          after: { name, labels: labelsOf(fleet, hostId, spec) },
        })
      return [...new Set(hostIds)].map((hostId): PlannedStep<TaskResult<'containers.create'>> => {
        const subject = spec.name ?? spec.image
        const run = async (context: StepContext) => {
          const engine = registry.engine(hostId)
          const mayPull = () => authorizeAct(authorize, principal, 'image.pull', { hostId })
          const wanted = { reference: spec.image, platform: spec.platform, pull }
          await provideImage({ registries, hostId, mayPull }, engine, wanted, context)
          const creator = { principal, hostId, name }
          const restrictBody = restrictBodyOf(policy, engine, creator, context.signal)
          const { signal } = context
          const made = await madeBefore(engine, context.before, signal)
          if (!made) await refuseTakenName(engine, name, signal)
          const { change, result } = creation(
            { name, start, warnings: [], askedAt: Date.now(), ...made },
            (at) => makeContainer(at, { ...spec, name }, createBody(spec), { restrictBody, signal }),
          )
          await context.carryOut(change)
          return result()
        }
        return {
          key: `create ${hostId}`,
          hostId,
          subject,
          verb: 'create',
          act: 'container.create',
          run,
        }
      })
    },
    takeUp(given) {
      const never = () => Promise.reject(new AppError('shutting_down'))
      return { act: 'container.create', ...creation(creationStateSchema.parse(given), never) }
    },
  })
}

/** What an earlier attempt has made and could not start, when it is still there. */
async function madeBefore(
  engine: EngineClient,
  before: StepContext['before'],
  signal: AbortSignal,
): Promise<{ newId: string; isKept: true } | null> {
  if (typeof before?.containerId !== 'string') return null
  const row = await engine.containers.read(before.containerId, { signal })
  return row && { newId: row.id, isKept: true }
}

/** Those of the image too, where the host has it already. */
export function labelsOf(fleet: FleetState, hostId: string, spec: ContainerSpec): Record<string, string> {
  const names = [spec.image, `${spec.image}:latest`]
  const image = fleet
    .all('images', hostId)
    .find(({ id, tags }) => id === spec.image || tags.some((tag) => names.includes(tag)))
  return { ...image?.labels, ...Object.fromEntries(spec.labels.map(({ name, value }) => [name, value])) }
}

/** What a body goes through for who may not make any container; null for who may. */
export function restrictBodyOf(
  policy: Policy,
  engine: EngineClient,
  creator: Creator,
  signal: AbortSignal,
): RestrictBody | null {
  if (!policy.restricts(creator.principal, creator.hostId)) return null
  return (body) => policy.create('docker', engine, creator, JSON.parse(JSON.stringify(body)), signal)
}

/**
 * Creates a container and puts it into its networks. Nothing is left behind when one of them refuses. Throws
 * gpus_not_on_podman, and what creating and connecting throw.
 */
export async function makeContainer(
  engine: EngineClient,
  { name, platform }: Pick<ContainerSpec, 'name' | 'platform'>,
  asked: CreateBody,
  { restrictBody, signal }: { restrictBody: RestrictBody | null; signal: AbortSignal },
): Promise<{ id: string; warnings: string[] }> {
  // Podman 4 and 5 take the request, answer 201 and give the container nothing.
  const gpus = asked.HostConfig.DeviceRequests as unknown[] | undefined
  if (gpus?.length && engine.info?.flavour === 'podman') throw new AppError('gpus_not_on_podman')
  const isBefore144 = compareVersions(engine.info?.apiVersion ?? '1.41', '1.44') < 0
  const { body, further } = splitNetworks(restrictBody ? await restrictBody(asked) : asked, {
    macOfContainer: isBefore144,
  })
  const made = await engine.containers.create({ name: name || undefined, platform, body }, { signal })
  try {
    for (const { name: network, endpoint } of further)
      await engine.networks.connect(network, made.id, endpoint, { signal })
  } catch (error) {
    await engine.containers.remove(made.id, { force: true, volumes: true })
    throw error
  }
  return made
}

/** Throws invalid_input with a sentence for each field. */
export function refuseFaults(spec: ContainerSpec): void {
  const faults = checkSpec(spec)
  if (faults.length === 0) return
  const fields = faults.map(({ path, code }) => ({ path: `spec.${path}`, message: faultSentence(code) }))
  throw new AppError('invalid_input', { fields, detail: fields.map(({ message }) => message).join(' ') })
}
