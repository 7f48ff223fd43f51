import type { ActName } from '#lib/acts.ts'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { readCommit, readExec, readExecRemove, readExecStart, readUpdate } from '../create-policy/docker.ts'
import { readLibpodUpdate } from '../create-policy/libpod.ts'
import { readLibpodVolume, readVolume } from '../create-policy/volume.ts'
import { destinationName, registryOfIp6, soughtId } from './paths.ts'
import { dockerEndpoints } from './table-docker.ts'
import { libpodEndpoints } from './table-libpod.ts'
import { rawEndpoints } from './table-raw.ts'
import type { Telling } from './visible.ts'

/** What reads a body of those without gateway.raw. */
export const policies = {
  create: null,
  createLibpod: null,
  update: readUpdate,
  updateLibpod: readLibpodUpdate,
  exec: readExec,
  execStart: readExecStart,
  execRemove: readExecRemove,
  commit: readCommit,
  volume: readVolume,
  volumeLibpod: readLibpodVolume,
}

export type GatewayMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/**
 * One endpoint of the engine API that the gateway knows. In its path, `{id}` is an object's id or name, which of networks
 * and volumes may have blanks and more, `{name}` a reference of an image, with slashes, `{to}` a registry's address of one.
 */
export interface GatewayRow {
  method: GatewayMethod
  path: string
  /** What it is by the table of acts, which has what is needed for it besides gateway.use. */
  act: ActName
  /** With this parameter, Podman does more than the path names, or tells more: another act. Docker does not. */
  forced?: { by: string; act: ActName }
  /** The parameter that names its container, in place of the path. */
  names?: string
  /** Parameters that name what is made: where an image has that name, it is taken from it. */
  gives?: readonly string[]
  /** Where the body is one that server/create-policy reads: without gateway.raw it is held to that. */
  policy?: keyof typeof policies
  /** Works in a container: without gateway.raw none that has power over its host. */
  enters?: true
  /** Reads files of a container: without gateway.raw none whose files are its host's. */
  looks?: true
  /** The field of a JSON body that names what is made, for the audit log. */
  bodyNames?: string
  /** What the request's body is. Default: none, and what comes is not handed on (an old `start` took a HostConfig). */
  body?: 'json' | 'list' | 'tar' | 'yaml' | 'bytes'
  /** The engine turns the connection into a raw two-way stream: its own bytes, BuildKit's HTTP/2, or frames of WebSocket. */
  hijack?: 'tcp' | 'h2c' | 'websocket'
  /** Query parameters that anybody may give. All others need gateway.raw. */
  query?: readonly string[]
  /** As `query`, and several times. */
  repeated?: readonly string[]
  /**
   * Parameters with the one value that the engine gets, whatever was asked: Podman has one handler for what changed in
   * images and in containers, which takes the name of either by any of its paths (`GetDiff`).
   */
  fixed?: Readonly<Record<string, string>>
  /** Podman talks to a registry for it: that the certificate is checked (tlsVerify) anybody may ask, and nobody that it is not. */
  verifies?: true
  /** Only this flavour has it. */
  flavour?: EngineInfo['flavour']
  /** The answer holds values that need containers.reveal; without, they are taken out: of a document, or of each line. */
  hides?: 'values' | 'lines'
  /** The answer tells of containers: who may not see all of a host gets what they see. */
  tells?: Telling
}

export interface GatewayEndpoint extends GatewayRow {
  /** The first that its act needs. */
  permission: Permission
  /** Needs gateway.raw besides: its act is one that nothing reads. */
  raw: boolean
}

const idPattern = /^[a-zA-Z0-9][\w.-]*$/
/** A container may be asked for with `/name`; what is decoded has no slash left. An image's id is `sha256:…`. */
const namePattern = /^[a-zA-Z0-9][\w.:@-]*$/
/** Docker takes nearly any name for a network, and answers of a volume that it has none of such a name. */
const objectPattern = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}/\\%]+$/u
const withAnyName: readonly (string | undefined)[] = ['networks', 'volumes']

export const isId = (name: string) => idPattern.test(name)

export interface FoundEndpoint {
  endpoint: GatewayEndpoint
  /** The template filled again with what the request named, escaped for an engine. */
  path: string
}

/**
 * As `findEndpoint`, for a container by the alias of a link, which Docker has as `<container>/<alias>`: `soughtId` stands for it
 * in the path. Null where the segments name none.
 */
export function findByAlias(
  method: string,
  [kind, name = '', alias = '', ...rest]: readonly string[],
): { match: FoundEndpoint; sought: string } | null {
  if (kind !== 'containers' || rest.length === 0 || !isId(name) || !isId(alias)) return null
  const match = findEndpoint(method, [kind, soughtId, ...rest])
  return match && { match, sought: `${name}/${alias}` }
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

const compiled = [...dockerEndpoints, ...libpodEndpoints, ...rawEndpoints].map((endpoint) => ({
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
    const pattern = patternOf(part, parts[index - 1])
    // An image's reference may begin with the address of its registry.
    if (index === wide && taken.length > 1 && registryOfIp6.test(taken[0] ?? ''))
      filled.push(...taken.splice(0, 1))
    if (!taken.every((segment) => (pattern ? pattern.test(segment) : segment === part))) return null
    filled.push(...taken)
  }
  // References have letters, digits and `_.:@-` only, which go as they came.
  return `/${filled.map((segment) => (namePattern.test(segment) ? segment : encodeURIComponent(segment))).join('/')}`
}

function patternOf(part: string, before: string | undefined): RegExp | null {
  if (part === '{to}') return destinationName
  if (part === '{name}') return namePattern
  if (part !== '{id}') return null
  return withAnyName.includes(before) ? objectPattern : idPattern
}
