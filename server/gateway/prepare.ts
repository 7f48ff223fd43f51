import type { Permission } from '#lib/permissions.ts'
import { allowed } from '../auth/authorize.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { compareVersions, ourApiRange } from '../engine/compat.ts'
import type { ForwardRequest } from '../engine/forward.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { type GatewayTarget, parseTarget } from './paths.ts'
import { findEndpoint, type GatewayEndpoint, type GatewayMethod } from './table.ts'

/** A request that its sender may make, rebuilt for the engine that is to have it. */
export interface Prepared {
  hostId: string
  endpoint: GatewayEndpoint
  engine: EngineClient
  /** All but the body. */
  request: Pick<ForwardRequest, 'method' | 'path' | 'query' | 'headers'>
  /** Whether values that `endpoint.hides` names stay in the answer. */
  reveals: boolean
  /** Whether BuildKit's session would come through, so that the engine's own word on it stands. */
  buildKit: boolean
}

export interface Asked {
  method?: string | undefined
  headers: Record<string, string | string[] | undefined>
}

const hostHeader = 'roadstead-host'
/** Registry credentials that clients send along: base64 of either alphabet, for engines alone to read. */
const credentials = ['x-registry-auth', 'x-registry-config'] as const
const base64 = /^[\w+/=-]{1,65536}$/

/**
 * Decides about one request before anything is dialled. Throws gateway_*, host_* and denied; an engine then has heard
 * nothing.
 * @param target the request target below the base path, as it came.
 */
export function prepare(
  principal: Principal,
  asked: Asked,
  target: string,
  parts: { registry: HostRegistry; authorize: Authorize },
): Prepared {
  const { registry, authorize } = parts
  const found = parseTarget(target.startsWith('/h') ? target : buildKitTarget(asked, target))
  const hosts = registry.list()
  const host =
    hosts.find(({ id }) => id === found.host) ?? hosts.find(({ name }) => name === found.host) ?? null
  if (!host) throw new AppError('host_not_found', { detail: found.host.slice(0, 100) })
  const where = { hostId: host.id }
  authorize(principal, 'gateway.use', where)
  const method = asked.method ?? 'GET'
  const match = findEndpoint(method, found.segments)
  const flavour = host.engine?.flavour
  if (!match || (match.endpoint.flavour && flavour && match.endpoint.flavour !== flavour))
    throw unlisted(method, found)
  const { endpoint, path } = match
  authorize(principal, endpoint.permission, where)
  if (endpoint.raw) authorize(principal, 'gateway.raw', where)
  if (found.version !== null && compareVersions(found.version, ourApiRange.min) < 0)
    throw new AppError('gateway_version', { params: { version: found.version } })
  checkQuery(endpoint, found.query, allowed(principal).includes('gateway.raw'))
  // Docker merges a form with the query: what was checked would not be what it reads.
  if (/form-urlencoded|form-data/i.test(String(asked.headers['content-type'] ?? '')))
    throw new AppError('gateway_form')
  const headers = Object.fromEntries(
    credentials.flatMap((name) => {
      const value = asked.headers[name]
      if (value === undefined) return []
      if (typeof value !== 'string' || !base64.test(value))
        throw new AppError('gateway_body', { detail: `${name} is no base64` })
      return [[name, value]]
    }),
  )
  const has = (permission: Permission) => allowed(principal).includes(permission)
  const version = found.version === null ? '' : `/v${found.version}`
  return {
    ...{
      hostId: host.id,
      endpoint,
      engine: registry.engine(host.id),
      reveals: has('containers.reveal'),
      buildKit: asked.headers[hostHeader] !== undefined && has('gateway.raw') && has('images.build'),
    },
    request: { method: method as GatewayMethod, path: version + path, query: found.query, headers },
  }
}

/**
 * docker before 23 asks for `/session` and `/grpc` without the host's path (`DialHijack` of docker/cli), but with its
 * configuration's headers: one of them names the host. Throws gateway_buildkit.
 */
function buildKitTarget({ headers }: Asked, target: string): string {
  const host = headers[hostHeader]
  if (typeof host !== 'string' || host === '') throw new AppError('gateway_buildkit')
  return `/h/${encodeURIComponent(host)}${target}`
}

function unlisted(method: string, { segments }: GatewayTarget): AppError {
  return new AppError('gateway_unlisted', {
    params: { method: method.slice(0, 20), path: `/${segments.join('/').slice(0, 200)}` },
  })
}

/**
 * Throws gateway_query. A parameter given twice is read as its first by Docker and as its last by Podman, and Podman
 * takes a name in any case: what was checked has to be what is read. Those that the table does not name are for who has
 * gateway.raw, however often: dockerode repeats a body's lists in the query.
 */
function checkQuery(endpoint: GatewayEndpoint, query: GatewayTarget['query'], raw: boolean): void {
  const known = new Set([...(endpoint.query ?? []), ...(endpoint.repeated ?? [])])
  const folded = new Set([...known].map(fold))
  const seen = new Set<string>()
  for (const [name] of query) {
    const isTwice = seen.has(name) && !endpoint.repeated?.includes(name)
    if (known.has(name) ? isTwice : !raw || folded.has(fold(name)))
      throw new AppError('gateway_query', { params: { name: name.slice(0, 60) } })
    seen.add(name)
  }
}

const fold = (name: string) => name.normalize('NFKC').toLowerCase()
