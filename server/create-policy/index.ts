import type { Permission } from '#lib/permissions.ts'
import type { Access } from '../access/access.ts'
import type { CreateBody } from '../engine/create.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'
import { readDockerCreate, type Wanted } from './docker.ts'
import { readLibpodCreate } from './libpod.ts'
import { powerByVolumes, powerIn, powerToRead } from './power.ts'
import { refuse } from './read.ts'
import { isOfHost } from './target.ts'
import * as values from './values.ts'

/** Who makes a container, where, and under which name; empty for one that the engine chooses. */
export interface Creator {
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
    creator: Creator,
    body: unknown,
    signal: AbortSignal,
  ): Promise<CreateBody>
  /** The full id of a container that people may work in. Throws policy_target with the field by which it has power. */
  enter(engine: EngineClient, container: string, signal?: AbortSignal): Promise<string>
  /** As `enter`, for reading its files: refused are those whose files are the host's own, or Roadstead's. */
  look(engine: EngineClient, container: string, signal?: AbortSignal): Promise<string>
  /** As `enter`, of an exec that is to be started. */
  enterExec(engine: EngineClient, exec: string, signal?: AbortSignal): Promise<void>
}

export function createPolicy(parts: {
  may(principal: Principal, permission: Permission, hostId: string): boolean
  /** Keys of labels by which grants select containers, whoever has them. */
  reservedLabels(): ReadonlySet<string>
  authorizeChange: Access['authorizeChange']
}): Policy {
  const enter = async (engine: EngineClient, container: string, signal?: AbortSignal): Promise<string> =>
    withoutPower(await powerIn(engine, container, signal))
  return {
    restricts: (principal, hostId) => !parts.may(principal, 'containers.unrestricted', hostId),
    async create(schema, engine, { principal, hostId, name, labels: old = {} }, body, signal) {
      const reserved = parts.reservedLabels()
      const isReserved = (key: string, value: string) => reserved.has(key) && old[key] !== value
      const wanted = (schema === 'docker' ? readDockerCreate : readLibpodCreate)(body, isReserved)
      await refuseOfHost(engine, wanted, signal)
      if (!(wanted.body.WorkingDir || wanted.body.work_dir)) await refuseFolderOfImage(engine, wanted, signal)
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
    look: async (engine, container, signal) => withoutPower(await powerToRead(engine, container, signal)),
    async enterExec(engine, exec, signal) {
      const found = await engine.execs.find(exec, signal ? { signal } : {})
      if (found?.privileged) throw new AppError('policy_target', { params: { field: 'exec Privileged' } })
      // An engine says itself that there is none.
      if (found) await enter(engine, found.containerId, signal)
    },
  }
}

function withoutPower({ id, field }: { id: string; field: string | null }): string {
  if (field !== null) throw new AppError('policy_target', { params: { field } })
  return id
}

/** Volumes and networks are those that are there, by their exact names, and none that is a piece of the host. */
async function refuseOfHost(engine: EngineClient, wanted: Wanted, signal: AbortSignal): Promise<void> {
  for (const { name, field } of wanted.volumes) {
    const volume = await engine.volumes.find(name, { signal })
    // Podman finds a volume by the beginning of its name, and makes another one of it.
    if (volume?.name !== name) refuse(field, 'value', `There is no volume ${name}`)
    else if (isOfHost(volume))
      refuse(field, 'refused', `The volume ${name} is a folder or a disk of the host`)
    // Who writes the scripts of a container with power has it too.
    if ((await powerByVolumes(engine, [{ name, field }], null, signal)) !== null)
      refuse(field, 'refused', `The volume ${name} is that of a container with power over the host`)
  }
  for (const { name, field } of wanted.networks) {
    const network = await engine.networks.find(name, { signal })
    if (!network || (network.name !== name && !network.id.startsWith(name)))
      refuse(field, 'value', `There is no network ${name}`)
    else if (network.driver === 'host' || network.name === 'host')
      refuse(field, 'refused', 'The network of the host itself')
  }
}

/** Where the image has its processes begin, who has made it decided. */
async function refuseFolderOfImage(engine: EngineClient, { image }: Wanted, signal: AbortSignal) {
  const { Config } = await engine.images.inspect(image, { signal }).catch((error: unknown) => {
    // An engine says itself that there is none, and clients pull it then.
    if (error instanceof AppError && error.status === 404) return { Config: null }
    throw error
  })
  const { WorkingDir } = (Config ?? {}) as { WorkingDir?: string }
  if (WorkingDir && !values.isWorkingDirectory(WorkingDir))
    refuse('Image', 'refused', `Its processes begin in ${WorkingDir.slice(0, 200)}`)
}

/** With those of the image, where any decides. */
async function labelsOf(
  engine: EngineClient,
  { image, labels }: Wanted,
  reserved: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  if (reserved.size === 0) return labels
  const document = await engine.images.inspect(image, { signal })
  const { Labels } = (document.Config ?? {}) as { Labels?: Record<string, string> | null }
  return { ...Labels, ...labels }
}
