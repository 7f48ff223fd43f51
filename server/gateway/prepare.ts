import type { Host } from '#lib/contracts/hosts.ts'
import { type Permission, scopeOf } from '#lib/permissions.ts'
import type { Access } from '../auth/access.ts'
import type { Sight } from '../auth/sight.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { compareVersions, ourApiRange } from '../engine/compat.ts'
import type { ForwardRequest } from '../engine/forward.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import type { Maker, Policy } from '../policy/index.ts'
import {
  authorizeContainer,
  authorizeExec,
  containerIn,
  execIn,
  inspectContainer,
  knownId,
  noContainer,
} from './container.ts'
import { type GatewayTarget, parseTarget } from './paths.ts'
import { findEndpoint, type GatewayEndpoint, type GatewayMethod } from './table.ts'
import type { ContainerFacts, Seen, Telling } from './visible.ts'

/** A request that its sender may make, rebuilt for the engine that is to have it. */
export interface Prepared {
  hostId: string
  /** The container's full id, where the request names one. */
  objectId: string | null | undefined
  endpoint: GatewayEndpoint
  engine: EngineClient
  /** All but the body. */
  request: Pick<ForwardRequest, 'method' | 'path' | 'query' | 'headers'>
  policy: Policy
  /** Who is held to the policy; null for who has gateway.raw. */
  maker: Maker | null
  /** Whether values that `endpoint.hides` names stay in the answer. */
  reveals: boolean
  /** Throws when its sender may no longer do it. */
  recheck(): void
  /** What of the host there is for its sender; null for all. */
  seen: Seen | null
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

/** docker-py says that it has no account in a body, and without one or a header Docker refuses a push. */
const noAccount = { 'x-registry-auth': btoa('{}') }
const pushPath = '/images/{name}/push'

/** What decides, and what it is about. */
export interface Deciding {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
  access: Pick<Access, 'sightOf' | 'authorizeChange'>
  policy: Policy
}

/**
 * Decides about one request before anything is dialled, except that who has a part of a host's containers has theirs
 * looked up there. Throws gateway_*, host_* and denied; an engine then has heard nothing else.
 * @param target the request target below the base path, as it came.
 */
export async function prepare(
  principal: Principal,
  asked: Asked,
  target: string,
  parts: Deciding,
  signal: AbortSignal,
): Promise<Prepared> {
  const { registry, fleet, authorize, access } = parts
  const found = parseTarget(target.startsWith('/h') ? target : buildKitTarget(asked, target))
  const host = findHost(principal, found.host, parts)
  const where = { hostId: host.id }
  const method = asked.method ?? 'GET'
  const match = findEndpoint(method, found.segments)
  const flavour = host.engine?.flavour
  if (!match || (match.endpoint.flavour && flavour && match.endpoint.flavour !== flavour))
    throw unlisted(method, found)
  const { endpoint } = match
  const sight = access.sightOf(principal)
  const seesAll = sight.mayWhole('containers.view', host.id)
  const named = containerIn(match.path, endpoint.path)
  const exec = execIn(match.path, endpoint.path)
  const isCutDown =
    named !== null || exec !== null || endpoint.tells !== undefined || endpoint.permission === 'hosts.view'
  // What acts on containers without naming one, or tells of all, is for who has them all.
  const whole =
    !isCutDown && (scopeOf(endpoint.permission) === 'container' || endpoint.permission === 'containers.prune')
  try {
    authorize(principal, endpoint.permission, whole ? { ...where, whole } : where)
    if (endpoint.raw) authorize(principal, 'gateway.raw', { ...where, whole: true })
  } catch (error) {
    const isOfHost = whole || scopeOf(endpoint.permission) === 'host'
    if (seesAll || !isOfHost || !(error instanceof AppError) || error.code !== 'denied') throw error
    const { permission } = endpoint
    throw new AppError('gateway_whole', { ...where, params: { permission }, cause: error })
  }
  if (found.version !== null && compareVersions(found.version, ourApiRange.min) < 0)
    throw new AppError('gateway_version', { params: { version: found.version } })
  const isRaw = sight.mayWhole('gateway.raw', host.id)
  const kept =
    isRaw || !endpoint.policy ? found.query : found.query.filter(([name]) => isKnown(endpoint, name))
  const query = checkQuery(endpoint, kept, isRaw)
  if (!seesAll && endpoint.tells) checkFilters(query)
  // Docker merges a form with the query: what was checked would not be what it reads.
  if (/form-urlencoded|form-data/i.test(String(asked.headers['content-type'] ?? '')))
    throw new AppError('gateway_form')
  const headers = { ...(endpoint.path === pushPath ? noAccount : {}), ...credentialsOf(asked) }

  const engine = registry.engine(host.id)
  const find = (name: string) => inspectContainer(engine, name, signal)
  let container: ContainerFacts | null = null
  const mayAll = seesAll && sight.mayWhole(endpoint.permission, host.id)
  if (exec !== null && !mayAll)
    container = await authorizeExec(
      authorize,
      principal,
      endpoint.permission,
      { hostId: host.id, engine, exec },
      signal,
    )
  if (named && !mayAll) {
    container = await find(named.name)
    if (!container) throw noContainer(named.name)
    authorizeContainer(authorize, principal, endpoint.permission, host.id, container, named.name)
    if (endpoint.path.endsWith('/rename')) {
      const name = query.find(([key]) => key === 'name')?.[1] ?? ''
      access.authorizeChange(principal, host.id, { before: container, after: { ...container, name } })
    }
  }
  const may = (permission: Permission) =>
    container ? sight.may(permission, { ...container, hostId: host.id }) : sight.mayWhole(permission, host.id)
  const version = found.version === null ? '' : `/v${found.version}`
  // Never a name after an id was authorised: it can be another container's by then.
  const path = container && named ? named.before + container.id + named.after : match.path
  const name = query.find(([parameter]) => parameter === 'name')?.[1] ?? ''
  return {
    ...{ policy: parts.policy, maker: isRaw ? null : { principal, hostId: host.id, name } },
    ...{ hostId: host.id, endpoint, engine, reveals: may('containers.reveal') },
    recheck: () => {
      // Its name may be another by now; what the fleet has not heard of yet is as the engine told it.
      const known = container && (fleet.get('containers', host.id, container.id) ?? container)
      const target = known ? { objectId: known.id, facts: known } : whole ? { whole } : {}
      authorize(principal, endpoint.permission, { ...where, ...target })
    },
    objectId: container?.id ?? (named && knownId(fleet, host.id, named.name)),
    seen:
      endpoint.tells === undefined || seesAllTold(endpoint.tells, sight, host.id)
        ? null
        : {
            // A sight of the moment: tags and grants change while events go on.
            container: (facts) => access.sightOf(principal).container({ ...facts, hostId: host.id }),
            processes: (facts) =>
              access.sightOf(principal).may('containers.top', { ...facts, hostId: host.id }),
            objects: (kind) => access.sightOf(principal).objects(kind, host.id),
            known: (id) => fleet.get('containers', host.id, id),
            find,
          },
    buildKit: asked.headers[hostHeader] !== undefined && may('gateway.raw') && may('images.build'),
    request: { method: method as GatewayMethod, path: version + path, query, headers },
  }
}

/** Whether an answer that tells of these needs no cutting. */
function seesAllTold(tells: Telling, sight: Sight, hostId: string): boolean {
  if (!sight.mayWhole('containers.view', hostId)) return false
  if (tells !== 'events' && tells !== 'usage') return true
  return (
    (tells === 'usage' || sight.mayWhole('containers.top', hostId)) &&
    (['images', 'volumes', 'networks', 'pods'] as const).every((kind) => sight.objects(kind, hostId))
  )
}

/** Throws denied, and host_not_found alike for what is not there and what is not for this principal to see. */
function findHost(principal: Principal, given: string, { registry, authorize }: Deciding): Host {
  const missing = (cause?: unknown) => new AppError('host_not_found', { detail: given.slice(0, 100), cause })
  const hosts = registry.list()
  const host = hosts.find(({ id }) => id === given) ?? hosts.find(({ name }) => name === given)
  if (!host) throw missing()
  try {
    authorize(principal, 'gateway.use', { hostId: host.id })
  } catch (error) {
    throw error instanceof AppError && error.code === 'host_not_found' ? missing(error) : error
  }
  return host
}

/** `before` and `since` of a list name a container: an engine's answer would tell whether it is there. */
function checkFilters(query: GatewayTarget['query']): void {
  for (const [name, value] of query)
    if (name === 'before' || (name === 'filters' && /before|since|\\/i.test(value)))
      throw new AppError('gateway_query', { params: { name } })
}

/** Throws gateway_body. */
function credentialsOf({ headers }: Asked): Record<string, string> {
  return Object.fromEntries(
    credentials.flatMap((name) => {
      const value = headers[name]
      if (value === undefined) return []
      if (typeof value !== 'string' || !base64.test(value))
        throw new AppError('gateway_body', { detail: `${name} is no base64` })
      return [[name, value]]
    }),
  )
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

/** dockerode says a whole create body in the query as well: what an engine would not read is left out. */
const isKnown = (endpoint: GatewayEndpoint, name: string) =>
  [...(endpoint.query ?? []), ...(endpoint.repeated ?? [])].some((known) => fold(known) === fold(name))

/**
 * Throws gateway_query. A parameter given twice is read as its first by Docker and as its last by Podman, and Podman
 * takes a name in any case: what was checked has to be what is read. Those that the table does not name are for who has
 * gateway.raw, however often: dockerode repeats a body's lists in the query.
 * @returns it with the names as the table writes them
 */
function checkQuery(
  endpoint: GatewayEndpoint,
  query: GatewayTarget['query'],
  raw: boolean,
): [name: string, value: string][] {
  const known = new Map(
    [...(endpoint.query ?? []), ...(endpoint.repeated ?? [])].map((name) => [fold(name), name]),
  )
  const seen = new Map<string, string>()
  return query.flatMap(([given, value]) => {
    const same = known.get(fold(given))
    // podman's own client writes what its documents call detachKeys in small letters, and sends it both ways.
    const name = endpoint.flavour === 'podman' ? (same ?? given) : given
    const isTwice = seen.has(name) && !endpoint.repeated?.includes(name)
    if (isTwice && same === name && endpoint.flavour === 'podman' && seen.get(name) === value) return []
    if (same === name ? isTwice : !raw || same !== undefined)
      throw new AppError('gateway_query', { params: { name: given.slice(0, 60) } })
    seen.set(name, value)
    return [[name, value]]
  })
}

const fold = (name: string) => name.normalize('NFKC').toLowerCase()
