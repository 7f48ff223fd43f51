import type { Permission } from '#lib/permissions.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import { readAnswer } from './body.ts'
import type { ContainerFacts } from './seen.ts'

/** Of no container. */
const noId = '0'.repeat(64)

/** Milliseconds for an engine to tell of one container. */
const deadlineMs = 10_000

/**
 * Asked of the engine and not of what the dashboard knows: it is what it will act on, and takes as long for the unseen.
 * The container that an engine understands by a name, a full id or the beginning of one; null when it has none, or
 * several. Throws what the engine's transport met, and engine_answer_invalid.
 */
export async function inspectContainer(
  engine: Pick<EngineClient, 'forward'>,
  name: string,
  signal: AbortSignal,
): Promise<ContainerFacts | null> {
  const answer = await engine.forward({
    method: 'GET',
    path: `/containers/${name}/json`,
    query: [],
    headers: {},
    body: null,
    signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
  })
  if (answer.status !== 200) {
    answer.body.resume()
    return null
  }
  const found = (await readAnswer(answer.body)) as {
    Id?: unknown
    Name?: unknown
    Config?: { Labels?: Record<string, string> | null }
  }
  if (typeof found.Id !== 'string' || !/^[0-9a-f]{64}$/.test(found.Id))
    throw new AppError('engine_answer_invalid', { detail: `No id of container ${name}` })
  return { id: found.Id, name: String(found.Name).replace(/^\//, ''), labels: found.Config?.Labels ?? {} }
}

/** As an engine says it of a container that it has not. */
export const noContainer = (name: string, cause?: unknown) =>
  new AppError('gateway_no_container', { params: { name }, cause })

/** Throws denied, and gateway_no_container for what the principal does not see. */
export function authorizeContainer(
  authorize: Authorize,
  principal: Principal,
  permission: Permission,
  hostId: string,
  container: ContainerFacts,
  name: string,
): void {
  try {
    authorize(principal, permission, { hostId, objectId: container.id, facts: container })
  } catch (error) {
    throw error instanceof AppError && error.code === 'container_not_found' ? noContainer(name, error) : error
  }
}

/** As Docker says it of an exec that it has not. */
const noExec = (name: string, cause?: unknown) => new AppError('gateway_no_exec', { params: { name }, cause })

/**
 * The container of an exec, which its id alone does not tell: an engine takes it for every container. Throws
 * gateway_no_exec, of one in a container that the principal does not see alike; denied.
 */
export async function authorizeExec(
  authorize: Authorize,
  principal: Principal,
  permission: Permission,
  { hostId, engine, exec }: { hostId: string; engine: EngineClient; exec: string },
  signal: AbortSignal,
): Promise<ContainerFacts> {
  const found = await engine.execs.find(exec, { signal })
  // As many questions for one that is not there: the time that an answer takes would tell.
  const asked = inspectContainer(engine, found?.containerId ?? noId, signal)
  const container = found ? await asked : await asked.then(() => null).catch(() => null)
  if (!container) throw noExec(exec)
  try {
    authorize(principal, permission, { hostId, objectId: container.id, facts: container })
  } catch (error) {
    throw error instanceof AppError && error.code === 'container_not_found' ? noExec(exec, error) : error
  }
  return container
}

/** What a path names where its template is `/containers/{id}/…`, with what stands around it; or null. */
export function containerIn(
  path: string,
  template: string,
): { before: string; name: string; after: string } | null {
  const before = /^(?:\/libpod)?\/containers\/(?=\{id\})/.exec(template)?.[0]
  if (before === undefined) return null
  const [name = ''] = path.slice(before.length).split('/', 1)
  return { before, name, after: path.slice(before.length + name.length) }
}

/** The exec that a path names where its template is `/exec/{id}/…`; or null. */
export const execIn = (path: string, template: string): string | null =>
  /^(?:\/libpod)?\/exec\/\{id\}/.test(template) ? (/\/exec\/([^/]+)/.exec(path)?.[1] ?? null) : null

/** For the audit log alone: the engine decides which one a name or the beginning of an id is. */
export function knownId(fleet: FleetState, hostId: string, given: string): string | undefined {
  const containers = fleet.all('containers', hostId)
  const found = containers.find(({ id, name }) => id === given || name === given)
  return (found ?? containers.find(({ id }) => given.length >= 12 && id.startsWith(given)))?.id
}
