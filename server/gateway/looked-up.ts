import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { readAnswer } from './body.ts'

/** Milliseconds for an engine to tell what has a name. */
const deadlineMs = 10_000

/**
 * The id of the network with exactly this name, which Docker lets be anything: with a slash or an escape in it, a path would
 * be read as another one. Its own filter reads names as patterns, so that all are compared. Throws gateway_no_network, also of
 * several alike, and what the engine's transport met.
 */
export async function findNetwork(
  engine: Pick<EngineClient, 'forward'>,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const answer = await engine.forward({
    method: 'GET',
    path: '/networks',
    query: [],
    headers: {},
    body: null,
    signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
  })
  const list = await readAnswer(answer.body)
  const found = (Array.isArray(list) ? (list as { Id?: unknown; Name?: unknown }[]) : []).filter(
    ({ Name }) => Name === name,
  )
  const id = String(found[0]?.Id)
  if (found.length !== 1 || !/^[0-9a-f]{64}$/.test(id)) {
    const detail = found.length > 1 ? `There are ${found.length} of that name: use the id of one.` : undefined
    throw new AppError('gateway_no_network', { params: { name }, detail })
  }
  return id
}

/**
 * `/libpod/images/{name}/changes` with the image's id in place of a name with slashes, which this path of Podman's takes only
 * when they are escaped (seen on 4.3 and 5.4). As it was where the engine has no such image. Throws what its transport met.
 */
export async function pathOfImageChanges(
  engine: Pick<EngineClient, 'forward'>,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const [, name] = /^(\/libpod\/images\/.+\/.+)\/changes$/.exec(path) ?? []
  if (name === undefined) return path
  const answer = await engine.forward({
    method: 'GET',
    path: `/v4.0.0${name}/json`,
    query: [],
    headers: {},
    body: null,
    signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
  })
  if (answer.status !== 200) {
    answer.body.resume()
    return path
  }
  const { Id } = (await readAnswer(answer.body)) as { Id?: unknown }
  return typeof Id === 'string' && /^[0-9a-f]{64}$/.test(Id) ? `/libpod/images/${Id}/changes` : path
}
