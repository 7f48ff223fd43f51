import { checkSpec } from '#lib/container-spec-check.ts'
import { type ContainerSpec, createInputSchema } from '#lib/contracts/container-create.ts'
import type { Access } from '../auth/access.ts'
import type { Authorize } from '../auth/types.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import { faultSentence } from '../messages.ts'
import type { Maker, Policy } from '../policy/index.ts'
import type { RegistryService } from '../registries/service.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../tasks/types.ts'
import { createBody } from './create-body.ts'
import { firstNetworks, type Hold, refuseUnheld, wholeBody } from './held.ts'
import { provideImage } from './provide-image.ts'

export const createKind = 'containers.create'

export interface CreateParts {
  registry: HostRegistry
  registries: Pick<RegistryService, 'engineAuth'>
  authorize: Authorize
  fleet: FleetState
  authorizeChange: Access['authorizeChange']
  policy: Policy
}

/** Makes one container on each of several hosts: image, container, networks, start. A step for each host. */
export function createTask(parts: CreateParts): TaskDefinition {
  const { registry, registries, authorize, authorizeChange, fleet, policy } = parts
  return defineTask({
    kind: createKind,
    input: createInputSchema,
    params: ({ spec, hostIds }) => ({ name: spec.name ?? spec.image, count: hostIds.length }),
    plan({ spec, hostIds, pull, start }, principal) {
      refuseFaults(spec)
      if (hostIds.some((hostId) => policy.restricts(principal, hostId))) refuseUnheld(spec)
      for (const hostId of hostIds)
        authorizeChange(principal, hostId, {
          after: { name: spec.name ?? '', labels: labelsOf(fleet, hostId, spec) },
        })
      return [...new Set(hostIds)].map((hostId): PlannedStep => {
        const subject = spec.name ?? spec.image
        const run = async (context: StepContext) => {
          const engine = registry.engine(hostId)
          const mayPull = () => authorize(principal, 'images.pull', { hostId })
          const wish = { reference: spec.image, platform: spec.platform, pull }
          await provideImage({ registries, mayPull }, engine, wish, context)
          const maker = { principal, hostId, name: spec.name ?? '' }
          const hold = holdOf(policy, engine, maker, context.signal)
          const { id, warnings } = await makeContainer(engine, spec, undefined, {
            hold,
            signal: context.signal,
          })
          if (start) await engine.startContainer(id)
          return { containerId: id, ...(warnings.length > 0 ? { warnings: warnings.join(' ') } : {}) }
        }
        return {
          key: `create ${hostId}`,
          hostId,
          subject,
          verb: 'create',
          permission: 'containers.create',
          run,
        }
      })
    },
  })
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
export function holdOf(policy: Policy, engine: EngineClient, maker: Maker, signal: AbortSignal): Hold | null {
  if (!policy.restricts(maker.principal, maker.hostId)) return null
  return (body) => policy.create('docker', engine, maker, JSON.parse(JSON.stringify(body)), signal)
}

/** Creates a container and puts it into its networks. Nothing is left behind when one of them refuses. */
export async function makeContainer(
  engine: EngineClient,
  spec: ContainerSpec,
  kept: Parameters<typeof createBody>[1],
  { hold, signal }: { hold: Hold | null; signal: AbortSignal },
): Promise<{ id: string; warnings: string[] }> {
  const { body: asked, further } = createBody(spec, kept)
  const body = hold ? firstNetworks(await hold(wholeBody(asked, further)), asked) : asked
  const { name, platform } = spec
  const made = await engine.createContainer({ name: name || undefined, platform, body }, { signal })
  try {
    for (const { name: network, endpoint } of further)
      await engine.connectNetwork(network, made.id, endpoint, { signal })
  } catch (error) {
    await engine.removeContainer(made.id, { force: true, volumes: true })
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
