import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { isOfHost, powerOf, powerOfFiles, powerOfLibpod, volumesOf } from './target.ts'

/** Containers that are looked at for one, by the volumes they share. */
const mostLooked = 200

/** A container as its engine tells it. Throws container_not_found, and engine_answer_invalid for what is not understood. */
async function inspected(engine: EngineClient, container: string, signal?: AbortSignal) {
  const document = await engine.containers.inspect(container, signal ? { signal } : {})
  // Of what is not understood nothing is said to be harmless.
  if (!/^[0-9a-f]{64}$/.test(String(document.Id)) || !document.HostConfig)
    throw new AppError('engine_answer_invalid', { detail: 'An inspect document without Id or HostConfig' })
  return { document, id: String(document.Id) }
}

/** The field by which who works in a container has power over its host, and the id that it was told of; null for none. */
export async function powerIn(
  engine: EngineClient,
  container: string,
  signal?: AbortSignal,
): Promise<{ id: string; field: string | null }> {
  const { document, id } = await inspected(engine, container, signal)
  const field = await ownPower(engine, id, document, signal)
  return { id, field: field ?? (await powerByVolumes(engine, volumesOf(document), id, signal)) }
}

/** As `powerIn`, for who only reads its files. */
export async function powerToRead(
  engine: EngineClient,
  container: string,
  signal?: AbortSignal,
): Promise<{ id: string; field: string | null }> {
  const { document, id } = await inspected(engine, container, signal)
  return { id, field: powerOfFiles(document) }
}

async function ownPower(
  engine: EngineClient,
  id: string,
  document: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<string | null> {
  const { flavour = 'docker', version = '0', cgroupVersion = null } = engine.info ?? {}
  const of = { flavour, version, cgroupVersion }
  const field = powerOf(document, of)
  if (field !== null || flavour !== 'podman') return field
  return powerOfLibpod(await engine.containers.inspectLibpod(id, signal ? { signal } : {}), of)
}

/**
 * The field by which volumes give power over the host: one is a piece of the host itself, or is also that of a container
 * with power, whose scripts whoever writes into it makes; by others in between, too. Null for none.
 * @param self the container that is looked at, which has them by itself.
 */
export async function powerByVolumes(
  engine: EngineClient,
  volumes: readonly { name: string; field: string }[],
  self: string | null,
  signal?: AbortSignal,
): Promise<string | null> {
  const options = signal ? { signal } : {}
  const looked = new Set<string>(self === null ? [] : [self])
  const seen = new Set<string>()
  const waiting = [...volumes]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { name, field } = next
    if (seen.has(name)) continue
    seen.add(name)
    const volume = await engine.volumes.find(name, options)
    if (volume && isOfHost(volume)) return field
    for (const user of await engine.volumes.users(name, options)) {
      if (looked.has(user)) continue
      if (looked.size > mostLooked) return field
      looked.add(user)
      const document = await engine.containers.inspect(user, options).catch(gone)
      if (document === null) continue
      if ((await ownPower(engine, user, document, signal)) !== null) return field
      waiting.push(...volumesOf(document).map((other) => ({ name: other.name, field })))
    }
  }
  return null
}

/** A container that went between the list and the look has no power any more. */
function gone(error: unknown): null {
  if (error instanceof AppError && error.code === 'container_not_found') return null
  throw error
}
