import type { ActName, Taking } from '#lib/acts.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { hostKinds } from '#lib/fleet/kinds.ts'
import { type Permission, scopeOf } from '#lib/permissions.ts'
import type { Access } from '../access/access.ts'
import type { Visibility } from '../access/visibility.ts'
import { mayName } from '../acts/taken-name.ts'
import type { Creator, Policy } from '../create-policy/index.ts'
import { compareVersions, ourApiRange } from '../engine/compat.ts'
import type { ForwardRequest } from '../engine/forward.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { podmanShowsEnvironment, showsEnvironment } from '../features/containers/ps-arguments.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import {
  authorizeContainer,
  authorizeExec,
  containerIn,
  execIn,
  inspectContainer,
  knownId,
  noContainer,
} from './container.ts'
import { findNetwork, pathOfImageChanges } from './looked-up.ts'
import { fold, furtherNeeds, isContainerName, namedToGo, nameGiven } from './needs.ts'
import { queryOfPart } from './part-list.ts'
import { type GatewayTarget, parseTarget, soughtId } from './paths.ts'
import { type ContainerFacts, type Seen, seenOf } from './seen.ts'
import { findByAlias, findEndpoint, type GatewayEndpoint, type GatewayMethod, isId } from './table.ts'
import type { Telling } from './visible.ts'

/** A request that its sender may make, rebuilt for the engine that is to have it. */
export interface AuthorizedRequest {
  hostId: string
  /** The container's full id, where the request names one. */
  objectId: string | null | undefined
  /** What its sender called that container, where engines may be told its id instead. */
  called: string | null
  endpoint: GatewayEndpoint
  engine: EngineClient
  /** All but the body. */
  request: Pick<ForwardRequest, 'method' | 'path' | 'query' | 'headers'>
  policy: Policy
  /** Who is held to the policy; null for who has gateway.raw. */
  creator: Creator | null
  /** Whether values that `endpoint.hides` names stay in the answer. */
  reveals: boolean
  /** What it is about by its query, for the audit log: images that go or leave, and the name of what is made. */
  said: string[]
  /** What is made is called so, as the body says: known when that is read. */
  names: string | null
  /** Containers go that the request does not name, of what it names; null for none. */
  takes: { taking: Taking; named: string[] } | null
  /** Throws when its sender may no longer do it. */
  recheck(): void
  /** What of the host there is for its sender; null for all. */
  seen: Seen | null
  /** How many of a list were asked for, by who sees a part: counted by the engine, it would count what they do not see. */
  newest: number | null
  /** Whether BuildKit's session would come through, so that the engine's own word on it stands. */
  buildKit: boolean
}

export interface ClientRequest {
  method?: string | undefined
  headers: Record<string, string | string[] | undefined>
}

/** Of no use to anybody without gateway.raw. */
const forRaw: ReadonlySet<ActName> = new Set(['engine.raw', 'engine.check', 'container.unlink'])

/** Parameters that name images. */
const naming = /^(?:images|names|references)$/
export const hostHeader = 'roadstead-host'
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
  access: Pick<Access, 'visibilityOf' | 'authorizeChange' | 'told' | 'redactError'>
  policy: Policy
}

/**
 * Decides about one request before anything is dialled, except that who has a part of a host's containers has theirs
 * looked up there. Throws gateway_*, host_* and denied; an engine then has heard nothing else.
 * @param target the request target below the base path, as it came.
 */
export async function prepare(
  principal: Principal,
  asked: ClientRequest,
  target: string,
  parts: Deciding,
  signal: AbortSignal,
): Promise<AuthorizedRequest> {
  const { registry, fleet, authorize, access } = parts
  const found = parseTarget(target.startsWith('/h') ? target : buildKitTarget(asked, target))
  const host = findHost(principal, found.host, parts)
  const where = { hostId: host.id }
  const method = asked.method ?? 'GET'
  const own = findEndpoint(method, found.segments)
  const linked = own ? null : findByAlias(method, found.segments)
  const match = own ?? linked?.match
  const sought = found.sought ?? linked?.sought ?? null
  const flavour = host.engine?.flavour
  if (!match || (match.endpoint.flavour && flavour && match.endpoint.flavour !== flavour))
    throw flavour === 'podman' && isOfOtherMethod(found.segments)
      ? new AppError('method_not_allowed', { params: { method: method.slice(0, 20) } })
      : unlisted(method, found)
  const { endpoint } = match
  const visibility = access.visibilityOf(principal)
  // Who may not have it is told as of what is in no table: clients go on only after a 404.
  if (forRaw.has(endpoint.act) && !visibility.mayHostWide('gateway.raw', host.id))
    throw unlisted(method, found)
  const seesAll = visibility.mayHostWide('containers.view', host.id)
  const named = containerIn(match.path, endpoint.path)
  const exec = execIn(match.path, endpoint.path)
  const isCutDown =
    named !== null ||
    endpoint.names !== undefined ||
    exec !== null ||
    endpoint.tells !== undefined ||
    endpoint.permission === 'hosts.view'
  // What acts on containers without naming one, or tells of all, is for who has them all.
  const hostWide =
    !isCutDown && (scopeOf(endpoint.permission) === 'container' || endpoint.permission === 'containers.prune')
  const further = furtherNeeds(endpoint, found.query, flavour)
  const authorizeFurther = () => {
    for (const permission of further.needs) authorize(principal, permission, where)
    for (const permission of further.hostWide) authorize(principal, permission, { ...where, hostWide: true })
  }
  try {
    authorize(principal, endpoint.permission, hostWide ? { ...where, hostWide } : where)
    authorizeFurther()
  } catch (error) {
    const isOfHost = hostWide || scopeOf(endpoint.permission) !== 'container'
    if (seesAll || !isOfHost || !(error instanceof AppError) || error.code !== 'denied') throw error
    const permission = String(error.context.params?.permission)
    throw new AppError('gateway_whole', { ...where, params: { permission }, cause: error })
  }
  // Podman serves its own API under any version, and its clients ask for one of theirs.
  const isOld =
    found.version !== null &&
    !endpoint.path.startsWith('/libpod/') &&
    compareVersions(found.version, ourApiRange.min) < 0
  // A question has no body of an old form, nor has a tar: they are asked in the oldest way that engines have.
  const isAsked = method === 'GET' || method === 'HEAD' || endpoint.path === '/images/load'
  if (isOld && !isAsked) throw new AppError('gateway_version', { params: { version: found.version ?? '' } })
  const isRaw = visibility.mayHostWide('gateway.raw', host.id)
  const kept =
    isRaw || !endpoint.policy || endpoint.policy === 'commit'
      ? found.query
      : found.query.filter(([name]) => isKnown(endpoint, name))
  const query = checkQuery(endpoint, kept, isRaw)
  const psArguments = query.flatMap(([name, value]) => (name === 'ps_args' ? [value] : []))
  const printsEnvironment =
    endpoint.flavour === 'podman' ? podmanShowsEnvironment(psArguments) : psArguments.some(showsEnvironment)
  if (printsEnvironment && !isRaw) throw new AppError('gateway_query', { params: { name: 'ps_args' } })
  // Docker merges a form with the query: what was checked would not be what it reads.
  if (/form-urlencoded|form-data/i.test(String(asked.headers['content-type'] ?? '')))
    throw new AppError('gateway_form')
  const headers = { ...(endpoint.path === pushPath ? noAccount : {}), ...credentialsOf(asked) }

  const name = query.find(([parameter]) => parameter === 'name')?.[1] ?? ''
  const isRename = endpoint.act === 'container.rename'
  if ((isRename || endpoint.act === 'container.create') && !isContainerName(name))
    throw new AppError('gateway_name', { params: { name: name.slice(0, 60) } })
  const inQuery = query.find(([parameter]) => parameter === endpoint.names)?.[1] ?? ''
  // It is asked about before it is sent.
  if (endpoint.names && !isRaw && !isId(inQuery))
    throw new AppError('gateway_query', { params: { name: endpoint.names } })
  const called = endpoint.names ? inQuery : named?.name
  const engine = registry.engine(host.id)
  const find = (name: string) => inspectContainer(engine, name, signal)
  let container: ContainerFacts | null = null
  const mayAll = seesAll && visibility.mayHostWide(endpoint.permission, host.id)
  if (exec !== null && !mayAll)
    container = await authorizeExec(
      authorize,
      principal,
      endpoint.permission,
      { hostId: host.id, engine, exec },
      signal,
    )
  // Who may rename everything could give themselves what others have been given by name.
  if (called !== undefined && (!mayAll || isRename || sought !== null)) {
    const asked = sought ?? called
    container = sought !== null || isId(called) ? await find(asked) : null
    if (!container) throw noContainer(asked)
    authorizeContainer(authorize, principal, endpoint.permission, host.id, container, asked)
    if (isRename)
      access.authorizeChange(principal, host.id, { before: container, after: { ...container, name } })
  }
  const seen = seesAllTold(endpoint.tells, visibility, host.id)
    ? null
    : seenOf(principal, host.id, parts, find, saidIn(found))
  const list = seen
    ? await queryOfPart(endpoint.tells, query, async (given) => {
        const facts = isId(given) ? await find(given) : null
        if (!facts || !seen.container(facts)) throw noContainer(given)
        return facts.id
      })
    : { query, newest: null }
  const given = nameGiven(endpoint, query)
  if (given !== null) await mayName(authorize, principal, host.id, engine, signal)(given)
  const may = (permission: Permission) =>
    container
      ? visibility.may(permission, { ...container, hostId: host.id })
      : visibility.mayHostWide(permission, host.id)
  if (printsEnvironment && !may('containers.reveal'))
    throw new AppError('denied', { ...where, params: { permission: 'containers.reveal' } })
  const lookedUp = async (path: string) =>
    sought === null
      ? pathOfImageChanges(engine, path, signal)
      : path.replace(soughtId, await findNetwork(engine, sought, signal))
  const version = found.version === null ? '' : `/v${isOld ? ourApiRange.min : found.version}`
  // Never a name after an id was authorised: it can be another container's by then.
  const path = container && named ? named.before + container.id + named.after : await lookedUp(match.path)
  const about = list.query.map(([parameter, value]): [string, string] => [
    parameter,
    container && parameter === endpoint.names ? container.id : value,
  ])
  return {
    policy: parts.policy,
    creator: isRaw ? null : { principal, hostId: host.id, name },
    hostId: host.id,
    called: named?.name ?? null,
    endpoint,
    engine,
    reveals: may('containers.reveal'),
    said: [
      ...query.filter(([parameter]) => naming.test(parameter)).map(([, value]) => value),
      ...(given === null ? [] : [given]),
    ],
    names: null,
    takes: further.taking && {
      taking: further.taking,
      named: namedToGo(endpoint, sought === null ? match.path : path, query),
    },
    recheck: () => {
      // Its name may be another by now; what the fleet has not heard of yet is as the engine told it.
      const known = container && (fleet.get('containers', host.id, container.id) ?? container)
      const target = known ? { objectId: known.id, facts: known } : hostWide ? { hostWide } : {}
      authorize(principal, endpoint.permission, { ...where, ...target })
      authorizeFurther()
    },
    objectId: container?.id ?? (called === undefined ? null : knownId(fleet, host.id, called)),
    seen,
    newest: list.newest,
    buildKit:
      asked.headers[hostHeader] !== undefined && may('containers.unrestricted') && may('images.build'),
    request: { method: method as GatewayMethod, path: version + path, query: about, headers },
  }
}

/** Whether an answer that tells of these needs no cutting, nor the words of a refusal. */
function seesAllTold(tells: Telling | undefined, visibility: Visibility, hostId: string): boolean {
  if (!visibility.mayHostWide('containers.view', hostId)) return false
  if (tells !== 'events' && tells !== 'usage' && tells !== 'info') return true
  return (
    (tells !== 'events' || visibility.mayHostWide('containers.top', hostId)) &&
    hostKinds.every((kind) => visibility.objects(kind, hostId))
  )
}

/** What somebody named in their request. */
export const saidIn = ({ segments, sought, query }: GatewayTarget) =>
  [...segments, sought ?? '', ...query.flat()].join(' ')

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

/** Throws gateway_header. */
function credentialsOf({ headers }: ClientRequest): Record<string, string> {
  return Object.fromEntries(
    credentials.flatMap((name) => {
      const value = headers[name]
      // podman-py sends it with nothing in it.
      if (value === undefined || value === '') return []
      if (typeof value !== 'string' || !base64.test(value))
        throw new AppError('gateway_header', { params: { name } })
      return [[name, value]]
    }),
  )
}

/**
 * docker before 23 asks for `/session` and `/grpc` without the host's path (`DialHijack` of docker/cli), but with its
 * configuration's headers: one of them names the host. Throws gateway_buildkit.
 */
function buildKitTarget({ headers }: ClientRequest, target: string): string {
  const host = headers[hostHeader]
  if (typeof host !== 'string' || host === '') throw new AppError('gateway_buildkit')
  return `/h/${encodeURIComponent(host)}${target}`
}

/** Podman tells a wrong method from what it has not; Docker answers both alike. What is for gateway.raw is not told of. */
const isOfOtherMethod = (segments: readonly string[]) =>
  (['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const).some((method) => {
    const endpoint = findEndpoint(method, segments)?.endpoint
    return endpoint && endpoint.flavour !== 'docker' && !forRaw.has(endpoint.act)
  })

function unlisted(method: string, { segments }: GatewayTarget): AppError {
  return new AppError('gateway_unlisted', {
    params: { method: method.slice(0, 20), path: `/${segments.join('/').slice(0, 200)}` },
  })
}

/** dockerode says a whole create body in the query as well: what an engine would not read is left out. */
const isKnown = (endpoint: GatewayEndpoint, name: string) =>
  knownNames(endpoint).some((known) => fold(known) === fold(name))
const knownNames = ({ query = [], repeated = [], fixed = {} }: GatewayEndpoint) => [
  ...query,
  ...repeated,
  ...Object.keys(fixed),
]

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
  const known = new Map(knownNames(endpoint).map((name) => [fold(name), name]))
  const seen = new Map<string, string>()
  const { fixed = {} } = endpoint
  const kept = query.flatMap(([given, value]): [string, string][] => {
    const same = known.get(fold(given))
    // podman's own client writes what its documents call detachKeys in small letters, and sends it both ways.
    const name = endpoint.flavour === 'podman' ? (same ?? given) : given
    const isTwice = seen.has(name) && !endpoint.repeated?.includes(name)
    if (isTwice && same === name && endpoint.flavour === 'podman' && seen.get(name) === value) return []
    // Clients say each option that they know, podman a path on its own machine too (DOCKER_CONFIG), which Podman does not read.
    // `podman run -d` starts what a container depends on too (recursive): who may not name those starts this one alone.
    const isLeftOut = endpoint.flavour === 'podman' && /^(?:authfile|recursive)$/.test(fold(given))
    const isIdle = saysNothing.test(value) || isLeftOut
    if (same === undefined && !raw && isIdle) return []
    // podman-py asks that a certificate be checked, which an engine may be set not to do.
    if (endpoint.verifies && same === undefined && !raw && isStrict(given, value) && !isTwice) {
      seen.set(name, value)
      return [['tlsVerify', 'true']]
    }
    if (same === name ? isTwice : !raw || same !== undefined)
      throw new AppError('gateway_query', { params: { name: given.slice(0, 60) } })
    seen.set(name, value)
    return name in fixed ? [] : [[name, value]]
  })
  return [...kept, ...Object.entries(fixed)]
}

const isStrict = (name: string, value: string) => fold(name) === 'tlsverify' && /^(?:[Tt]rue|1)$/.test(value)

/** As Python writes it too. */
const saysNothing = /^(?:|[Ff]alse|0|null|\[\])$/
