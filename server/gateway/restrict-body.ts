import { parseOnce } from '../create-policy/exact-json.ts'
import { refuse } from '../create-policy/read.ts'
import { AppError } from '../errors.ts'
import type { AuthorizedRequest } from './prepare.ts'
import { policies } from './table.ts'

/** A request as it goes to the engine. */
export interface RestrictedRequest {
  path: string
  query: AuthorizedRequest['request']['query']
  body: string | null
}

const containerPath = /^((?:\/v[\d.]+)?(?:\/libpod)?)\/(containers|exec)\/([^/]+)(.*)$/

/**
 * What somebody without gateway.raw sends, held to server/create-policy: the body is written anew from what was read of it, and
 * a container that is worked in or read is named by its full id, so that no other one takes its name meanwhile. Throws policy_*.
 */
export async function restrictBody(
  { endpoint, engine, policy, creator, request }: AuthorizedRequest,
  body: string | null,
  signal: AbortSignal,
): Promise<RestrictedRequest> {
  let { path, query } = request
  if (!creator) return { path, query, body }
  if (endpoint.enters || endpoint.looks) {
    const [version = '', kind, named = '', rest = ''] = containerPath.exec(path)?.slice(1) ?? []
    const held = endpoint.enters ? policy.enter : policy.look
    if (endpoint.names) query = await withId(query, endpoint.names, (given) => held(engine, given, signal))
    else if (kind === 'exec') await policy.enterExec(engine, named, signal)
    else path = `${version}/containers/${await held(engine, named, signal)}${rest}`
  }
  if (!endpoint.policy) return { path, query, body }
  const value = body === null ? null : parseOnce(body)
  if (value === null && endpoint.policy !== 'commit') refuse('body', 'value', 'Nothing was sent')
  if (endpoint.policy === 'create' || endpoint.policy === 'createLibpod') {
    const schema = endpoint.policy === 'create' ? 'docker' : 'libpod'
    return { path, query, body: JSON.stringify(await policy.create(schema, engine, creator, value, signal)) }
  }
  const read = policies[endpoint.policy]
  if (!read) throw new AppError('internal')
  return { path, query, body: JSON.stringify(read(value, '')) }
}

/** A query with the full id of the container that it names. */
async function withId(
  query: RestrictedRequest['query'],
  names: string,
  idOf: (given: string) => Promise<string>,
): Promise<RestrictedRequest['query']> {
  const id = await idOf(query.find(([name]) => name === names)?.[1] ?? '')
  return query.map(([name, value]) => [name, name === names ? id : value])
}
