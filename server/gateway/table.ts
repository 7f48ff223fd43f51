import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { readExec, readExecStart, readUpdate } from '../policy/docker.ts'
import { readLibpodUpdate } from '../policy/libpod.ts'
import { libpodEndpoints } from './table-libpod.ts'
import type { Telling } from './visible.ts'

/** What reads a body of those without gateway.raw. */
export const policies = {
  ...{ create: null, createLibpod: null },
  ...{ update: readUpdate, updateLibpod: readLibpodUpdate, exec: readExec, execStart: readExecStart },
}

export type GatewayMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/**
 * One endpoint of the engine API that the gateway knows. In its path, `{id}` is a container's or network's id or name,
 * `{name}` a reference of an image, with slashes.
 */
export interface GatewayEndpoint {
  method: GatewayMethod
  path: string
  /** Needed besides gateway.use. */
  permission: Permission
  /**
   * Needs gateway.raw, which is an administrator's: the client's own body or parameters go to the engine, and they can
   * make whoever sends them root on the host, or destroy what no other permission covers.
   */
  raw?: true
  /** Instead of `raw`, where the body is one that server/policy reads: without gateway.raw it is held to that. */
  policy?: keyof typeof policies
  /** Works in a container: without gateway.raw none that has power over its host. */
  enters?: true
  /** What the request's body is. Default: none, and what comes is not handed on (an old `start` took a HostConfig). */
  body?: 'json' | 'tar' | 'yaml'
  /** The engine turns the connection into a raw two-way stream: its own bytes, or BuildKit's HTTP/2. */
  hijack?: 'tcp' | 'h2c'
  /** Query parameters that anybody may give. All others need gateway.raw. */
  query?: readonly string[]
  /** As `query`, and several times. */
  repeated?: readonly string[]
  /** Only this flavour has it. */
  flavour?: EngineInfo['flavour']
  /** The answer holds values that need containers.reveal; without, they are taken out: of a document, or of each line. */
  hides?: 'values' | 'lines'
  /** The answer tells of containers: who may not see all of a host gets what they see. */
  tells?: Telling
}

/**
 * Every endpoint of Docker's API that goes to an engine. What is not in here never gets there: swarm, plugins, secrets,
 * checkpoints and the debug pages among it. Order matters: a literal segment stands before the pattern
 * that would take it.
 */
export const endpoints: readonly GatewayEndpoint[] = [
  { method: 'GET', path: '/_ping', permission: 'hosts.view' },
  { method: 'HEAD', path: '/_ping', permission: 'hosts.view' },
  { method: 'GET', path: '/version', permission: 'hosts.view' },
  { method: 'GET', path: '/info', permission: 'hosts.view', hides: 'values' },
  {
    method: 'GET',
    path: '/system/df',
    tells: 'usage',
    permission: 'hosts.view',
    hides: 'values',
    query: ['type', 'verbose'],
    repeated: ['type'],
  },
  // They tell every exec's command line, which is as much as `top` does.
  {
    ...{ method: 'GET', path: '/events', permission: 'containers.top', hides: 'lines', tells: 'events' },
    query: ['since', 'until', 'filters'],
  },
  // Sends a password to any address.
  { method: 'POST', path: '/auth', permission: 'images.pull', raw: true, body: 'json' },

  {
    ...{ method: 'GET', path: '/containers/json', permission: 'containers.view', tells: 'containers' },
    ...{ query: ['all', 'limit', 'size', 'filters', 'since', 'before', 'trunc_cmd'], hides: 'values' },
  },
  {
    ...{ method: 'GET', path: '/containers/{id}/json', permission: 'containers.view' },
    ...{ query: ['size'], hides: 'values' },
  },
  // `ps axe` prints environments: ps_args is for gateway.raw.
  { method: 'GET', path: '/containers/{id}/top', permission: 'containers.top', hides: 'values' },
  {
    ...{ method: 'GET', path: '/containers/{id}/logs', permission: 'containers.logs' },
    query: ['follow', 'stdout', 'stderr', 'since', 'until', 'timestamps', 'tail', 'details'],
  },
  {
    ...{ method: 'GET', path: '/containers/{id}/stats', permission: 'containers.stats' },
    query: ['stream', 'one-shot'],
  },
  { method: 'GET', path: '/containers/{id}/changes', permission: 'containers.changes' },
  { method: 'GET', path: '/containers/{id}/export', permission: 'containers.export' },
  {
    ...{ method: 'GET', path: '/containers/{id}/archive', permission: 'containers.files.read' },
    query: ['path'],
  },
  {
    ...{ method: 'HEAD', path: '/containers/{id}/archive', permission: 'containers.files.read' },
    query: ['path'],
  },
  {
    ...{ method: 'PUT', path: '/containers/{id}/archive', permission: 'containers.files.write' },
    ...{ body: 'tar', query: ['path', 'noOverwriteDirNonDir', 'copyUIDGID'], enters: true },
  },
  {
    ...{ method: 'POST', path: '/containers/create', permission: 'containers.create', body: 'json' },
    ...{ policy: 'create', query: ['name', 'platform'] },
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/start', permission: 'containers.start' },
    query: ['detachKeys'],
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/stop', permission: 'containers.stop' },
    query: ['t', 'signal'],
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/restart', permission: 'containers.restart' },
    query: ['t', 'signal'],
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/kill', permission: 'containers.kill' },
    query: ['signal'],
  },
  { method: 'POST', path: '/containers/{id}/pause', permission: 'containers.pause' },
  { method: 'POST', path: '/containers/{id}/unpause', permission: 'containers.pause' },
  {
    ...{ method: 'POST', path: '/containers/{id}/rename', permission: 'containers.rename' },
    query: ['name'],
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/update', permission: 'containers.update' },
    ...{ policy: 'update', body: 'json' },
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/wait', permission: 'containers.view' },
    query: ['condition'],
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/resize', permission: 'containers.attach' },
    query: ['h', 'w'],
  },
  {
    ...{ method: 'POST', path: '/containers/{id}/attach', permission: 'containers.attach', hijack: 'tcp' },
    ...{ query: ['stream', 'stdin', 'stdout', 'stderr', 'logs', 'detachKeys'], enters: true },
  },
  {
    ...{ method: 'DELETE', path: '/containers/{id}', permission: 'containers.remove' },
    query: ['v', 'force'],
  },
  { method: 'POST', path: '/containers/prune', permission: 'containers.prune', query: ['filters'] },
  {
    ...{ method: 'POST', path: '/containers/{id}/exec', permission: 'containers.exec' },
    ...{ policy: 'exec', enters: true, body: 'json' },
  },
  {
    ...{ method: 'POST', path: '/exec/{id}/start', permission: 'containers.exec' },
    ...{ policy: 'execStart', enters: true, body: 'json', hijack: 'tcp' },
  },
  { method: 'POST', path: '/exec/{id}/resize', permission: 'containers.exec', query: ['h', 'w'] },
  { method: 'GET', path: '/exec/{id}/json', permission: 'containers.exec' },
  { method: 'POST', path: '/commit', permission: 'containers.commit', raw: true, body: 'json' },

  {
    ...{ method: 'GET', path: '/images/json', permission: 'images.view' },
    ...{
      query: ['all', 'filters', 'shared-size', 'digests', 'manifests', 'filter', 'identity'],
      hides: 'values',
    },
  },
  {
    ...{ method: 'GET', path: '/images/search', permission: 'images.pull' },
    query: ['term', 'limit', 'filters'],
  },
  {
    ...{ method: 'GET', path: '/images/get', permission: 'images.save' },
    ...{ query: ['names', 'platform'], repeated: ['names', 'platform'] },
  },
  {
    ...{ method: 'GET', path: '/images/{name}/get', permission: 'images.save' },
    ...{ query: ['platform'], repeated: ['platform'] },
  },
  {
    ...{ method: 'GET', path: '/images/{name}/json', permission: 'images.view' },
    ...{ query: ['manifests', 'platform'], hides: 'values' },
  },
  {
    ...{ method: 'GET', path: '/images/{name}/history', permission: 'images.view' },
    ...{ query: ['platform'], hides: 'values' },
  },
  { method: 'GET', path: '/distribution/{name}/json', permission: 'images.pull', flavour: 'docker' },
  // `fromSrc` makes the engine fetch any address, or takes a body: for gateway.raw.
  {
    ...{ method: 'POST', path: '/images/create', permission: 'images.pull' },
    ...{ body: 'tar', query: ['fromImage', 'tag', 'platform'] },
  },
  {
    ...{ method: 'POST', path: '/images/load', permission: 'images.load', body: 'tar' },
    ...{ query: ['quiet', 'platform'], repeated: ['platform'] },
  },
  { method: 'POST', path: '/images/prune', permission: 'images.prune', query: ['filters'] },
  {
    ...{ method: 'POST', path: '/images/{name}/push', permission: 'images.push' },
    query: ['tag', 'platform'],
  },
  { method: 'POST', path: '/images/{name}/tag', permission: 'images.tag', query: ['repo', 'tag'] },
  {
    ...{ method: 'DELETE', path: '/images/{name}', permission: 'images.remove' },
    ...{ query: ['force', 'noprune', 'platforms'], repeated: ['platforms'] },
  },
  {
    ...{ method: 'POST', path: '/build', permission: 'images.build', raw: true, body: 'tar' },
    repeated: ['t', 'extrahosts'],
  },
  {
    ...{ method: 'POST', path: '/build/prune', permission: 'images.prune', flavour: 'docker' },
    query: ['filters', 'all', 'keep-storage', 'reserved-space', 'max-used-space', 'min-free-space'],
  },
  { method: 'POST', path: '/build/cancel', permission: 'images.build', flavour: 'docker', query: ['id'] },
  // BuildKit's own API, and the way back to the client's files, secrets and keys. What runs through it is not looked at.
  ...(['/session', '/grpc'] as const).map(
    (path): GatewayEndpoint => ({
      ...{ method: 'POST', path, permission: 'images.build', raw: true, hijack: 'h2c', flavour: 'docker' },
    }),
  ),

  {
    ...{ method: 'GET', path: '/networks', permission: 'networks.view', tells: 'networks' },
    ...{ query: ['filters'], hides: 'values' },
  },
  {
    ...{ method: 'GET', path: '/networks/{id}', permission: 'networks.view', tells: 'networks' },
    ...{ query: ['verbose', 'scope'], hides: 'values' },
  },
  { method: 'POST', path: '/networks/create', permission: 'networks.view', raw: true, body: 'json' },
  { method: 'POST', path: '/networks/prune', permission: 'networks.prune', query: ['filters'] },
  { method: 'POST', path: '/networks/{id}/connect', permission: 'networks.view', raw: true, body: 'json' },
  { method: 'POST', path: '/networks/{id}/disconnect', permission: 'networks.view', raw: true, body: 'json' },
  { method: 'DELETE', path: '/networks/{id}', permission: 'networks.view', raw: true },

  {
    ...{ method: 'GET', path: '/volumes', permission: 'volumes.view' },
    ...{ query: ['filters'], hides: 'values' },
  },
  // Its options mount any folder of the host.
  { method: 'POST', path: '/volumes/create', permission: 'volumes.view', raw: true, body: 'json' },
  { method: 'POST', path: '/volumes/prune', permission: 'volumes.prune', query: ['filters', 'all'] },
  { method: 'GET', path: '/volumes/{id}', permission: 'volumes.view', hides: 'values' },
  { method: 'DELETE', path: '/volumes/{id}', permission: 'volumes.view', raw: true, query: ['force'] },
]

const idPattern = /^[a-zA-Z0-9][\w.-]{0,254}$/
/** A container may be asked for with `/name`; what is decoded has no slash left. An image's id is `sha256:…`. */
const namePattern = /^[a-zA-Z0-9][\w.:@-]*$/

export interface FoundEndpoint {
  endpoint: GatewayEndpoint
  /** The template filled again with what the request named, escaped for an engine. */
  path: string
}

/** The endpoint that a request is for, or null: then no engine hears of it. */
export function findEndpoint(method: string, segments: readonly string[]): FoundEndpoint | null {
  for (const { endpoint, parts } of compiled) {
    if (endpoint.method !== method) continue
    const path = fill(parts, segments)
    if (path !== null) return { endpoint, path }
  }
  return null
}

const compiled = [...endpoints, ...libpodEndpoints].map((endpoint) => ({
  endpoint,
  parts: endpoint.path.slice(1).split('/'),
}))

function fill(parts: readonly string[], segments: readonly string[]): string | null {
  const wide = parts.indexOf('{name}')
  const extra = segments.length - parts.length
  if (extra < 0 || (extra > 0 && wide === -1)) return null
  let at = 0
  const filled: string[] = []
  for (const [index, part] of parts.entries()) {
    const taken = segments.slice(at, at + (index === wide ? extra + 1 : 1))
    at += taken.length
    const pattern = part === '{id}' ? idPattern : part === '{name}' ? namePattern : null
    if (!taken.every((segment) => (pattern ? pattern.test(segment) : segment === part))) return null
    filled.push(...taken)
  }
  // Letters, digits and `_.:@-` only: nothing is left to escape.
  return `/${filled.join('/')}`
}
