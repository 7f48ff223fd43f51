import type { Permission } from '#lib/permissions.ts'
import type { Access } from '../auth/access.ts'
import type { Principal } from '../auth/types.ts'
import type { CreateBody } from '../engine/create.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { readDockerCreate, type Wanted } from './docker.ts'
import { readLibpodCreate } from './libpod.ts'
import { refuse } from './read.ts'
import { isOfHost, powerOf, volumesOf } from './target.ts'

/** Who makes a container, where, and under which name; empty for one that the engine chooses. */
export interface Maker {
  principal: Principal
  hostId: string
  name: string
  /** Of the container that it is made in place of: labels that decide about rights stay as they were. */
  labels?: Record<string, string>
}

/**
 * What somebody may make, and go into, who is not to be root on the host. Holds for everybody without
 * containers.unrestricted in the pages, and without gateway.raw at the gateway.
 */
export interface Policy {
  /** Whether it holds for them there. */
  restricts(principal: Principal, hostId: string): boolean
  /**
   * A create body, as parsed, read by its schema and compared with what the engine has: the body to send, written
   * anew. Throws policy_field, access_would_change.
   */
  create(
    schema: 'docker' | 'libpod',
    engine: EngineClient,
    maker: Maker,
    body: unknown,
    signal: AbortSignal,
  ): Promise<CreateBody>
  /** The full id of a container that people may work in. Throws policy_target with the field by which it has power. */
  enter(engine: EngineClient, container: string, signal?: AbortSignal): Promise<string>
  /** As `enter`, of an exec that is to be started. */
  enterExec(engine: EngineClient, exec: string, signal?: AbortSignal): Promise<void>
}

export function createPolicy(parts: {
  may(principal: Principal, permission: Permission, hostId: string): boolean
  /** Keys of labels by which grants select containers, whoever has them. */
  reservedLabels(): ReadonlySet<string>
  authorizeChange: Access['authorizeChange']
}): Policy {
  const enter = async (engine: EngineClient, container: string, signal?: AbortSignal): Promise<string> => {
    const options = signal ? { signal } : {}
    const document = await engine.inspectContainer(container, options)
    // Of what is not understood nothing is said to be harmless.
    if (!/^[0-9a-f]{64}$/.test(String(document.Id)) || !document.HostConfig)
      throw new AppError('engine_answer_invalid', { detail: 'An inspect document without Id or HostConfig' })
    const power = powerOf(document, engine.info?.flavour ?? 'docker')
    if (power !== null) throw new AppError('policy_target', { params: { field: power } })
    for (const { name, field } of volumesOf(document)) {
      const volume = await engine.namedVolume(name, options)
      if (volume && isOfHost(volume)) throw new AppError('policy_target', { params: { field } })
    }
    return String(document.Id)
  }
  return {
    restricts: (principal, hostId) => !parts.may(principal, 'containers.unrestricted', hostId),
    async create(schema, engine, { principal, hostId, name, labels: old = {} }, body, signal) {
      const reserved = parts.reservedLabels()
      const isReserved = (key: string, value: string) => reserved.has(key) && old[key] !== value
      const wanted = (schema === 'docker' ? readDockerCreate : readLibpodCreate)(body, isReserved)
      await refuseOfHost(engine, wanted, signal)
      // libpod has the name in the body.
      const called = typeof wanted.body.name === 'string' ? wanted.body.name : name
      const labels = await labelsOf(engine, wanted, reserved, signal)
      for (const key of reserved)
        if (labels[key] !== old[key])
          refuse(
            key in wanted.labels || key in old ? `Labels.${key}` : 'Image',
            'refused',
            `The label ${key} decides who may do what`,
          )
      parts.authorizeChange(principal, hostId, {
        ...(Object.keys(old).length > 0 ? { before: { name: called, labels: old } } : {}),
        after: { name: called, labels },
      })
      return wanted.body as CreateBody
    },
    enter,
    async enterExec(engine, exec, signal) {
      const found = await engine.namedExec(exec, signal ? { signal } : {})
      if (found?.privileged) throw new AppError('policy_target', { params: { field: 'exec Privileged' } })
      // An engine says itself that there is none.
      if (found) await enter(engine, found.containerId, signal)
    },
  }
}

/** Volumes and networks are those that are there, by their exact names, and none that is a piece of the host. */
async function refuseOfHost(engine: EngineClient, wanted: Wanted, signal: AbortSignal): Promise<void> {
  for (const { name, field } of wanted.volumes) {
    const volume = await engine.namedVolume(name, { signal })
    // Podman finds a volume by the beginning of its name, and makes another one of it.
    if (volume?.name !== name) refuse(field, 'value', `There is no volume ${name}`)
    else if (isOfHost(volume))
      refuse(field, 'refused', `The volume ${name} is a folder or a disk of the host`)
    // Who writes the scripts of a container with power has it too.
    for (const id of await engine.volumeUsers(name, { signal })) {
      const user = await engine.inspectContainer(id, { signal })
      if (powerOf(user, engine.info?.flavour ?? 'docker') !== null)
        refuse(field, 'refused', `The volume ${name} is that of a container with power over the host`)
    }
  }
  for (const { name, field } of wanted.networks) {
    const network = await engine.namedNetwork(name, { signal })
    if (!network || (network.name !== name && !network.id.startsWith(name)))
      refuse(field, 'value', `There is no network ${name}`)
    else if (network.driver === 'host' || network.name === 'host')
      refuse(field, 'refused', 'The network of the host itself')
  }
}

/** With those of the image, where any decides. */
async function labelsOf(
  engine: EngineClient,
  { image, labels }: Wanted,
  reserved: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  if (reserved.size === 0) return labels
  const document = await engine.inspectImage(image, { signal })
  const { Labels } = (document.Config ?? {}) as { Labels?: Record<string, string> | null }
  return { ...Labels, ...labels }
}
