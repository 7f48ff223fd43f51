import { AppError } from '../errors.ts'
import { parseOnce } from '../policy/exact-json.ts'
import { refuse } from '../policy/read.ts'
import type { Prepared } from './prepare.ts'
import { policies } from './table.ts'

/** Path and body of a request as they go to the engine. */
export interface Held {
  path: string
  body: string | null
}

const containerPath = /^((?:\/v[\d.]+)?(?:\/libpod)?)\/(containers|exec)\/([^/]+)(.*)$/

/**
 * What somebody without gateway.raw sends, held to server/policy: the body is written anew from what was read of it, and
 * a container that is worked in is named by its full id, so that no other one takes its name meanwhile. Throws policy_*.
 */
export async function hold(
  { endpoint, engine, policy, maker, request }: Prepared,
  body: string | null,
  signal: AbortSignal,
): Promise<Held> {
  if (!maker) return { path: request.path, body }
  let path = request.path
  if (endpoint.enters) {
    const [version = '', kind, named = '', rest = ''] = containerPath.exec(path)?.slice(1) ?? []
    if (kind === 'exec') await policy.enterExec(engine, named, signal)
    else path = `${version}/containers/${await policy.enter(engine, named, signal)}${rest}`
  }
  if (!endpoint.policy) return { path, body }
  const value = body === null ? null : parseOnce(body)
  if (value === null) refuse('body', 'value', 'Nothing was sent')
  if (endpoint.policy === 'create' || endpoint.policy === 'createLibpod') {
    const schema = endpoint.policy === 'create' ? 'docker' : 'libpod'
    return { path, body: JSON.stringify(await policy.create(schema, engine, maker, value, signal)) }
  }
  const read = policies[endpoint.policy]
  if (!read) throw new AppError('internal')
  return { path, body: JSON.stringify(read(value, '')) }
}
