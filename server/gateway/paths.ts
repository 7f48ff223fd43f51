import { AppError } from '../errors.ts'

/** A gateway address, taken apart once. What goes to an engine is built anew from it. */
export interface GatewayTarget {
  /** Id or name of a host. */
  host: string
  /** '1.41', or null for the engine's own. */
  version: string | null
  /** Decoded segments below host and version; none is empty, a dot segment, or holds a separator. */
  segments: readonly string[]
  /** A name that no path could tell in one way only: `soughtId` stands for it among the segments, to be looked up. */
  sought: string | null
  query: readonly (readonly [name: string, value: string])[]
}

/** Stands in a path for what is looked up by its name: an id that nothing has. */
export const soughtId = '0'.repeat(64)

const longestBytes = 16 * 1024
/** What RFC 3986 allows in a path, and no more: an engine, a proxy and we then read the same. */
const pathCharacters = /^[\w\-.~!$&'()*+,;=:@%/]+$/
const versionSegment = /^v(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)$/
/** Podman takes `v4` for a version too. */
const libpodVersion = /^v(\d{1,4}(?:\.\d{1,4}){0,2})$/
/** What stands before an image's name, whose slashes Podman's own clients escape: its parts are read as without. */
const beforeName =
  /^\/h\/[^/]+(?:\/v[\d.]+)?(?:\/libpod)?\/(?:images|manifests|artifacts|distribution)\/([^/]+)/
const namePart = /^[a-zA-Z0-9][\w.:@-]*$/
/** A registry's address of IPv6, which stands before a name. */
export const registryOfIp6 = /^\[[0-9a-fA-F:.]+\](?::\d+)?$/
/** Docker takes any name for a network, separators and escapes among it. */
const ofNetwork = /^\/h\/[^/]+(?:\/v[\d.]+)?\/networks\/([^/]+)(?:\/connect|\/disconnect)?$/
/** Lists tell a container's name with a slash before it, by which docker-py asks; engines redirect to it without. */
const slashBefore = /^(\/h\/[^/]+(?:\/v[\d.]+)?(?:\/libpod)?\/containers\/)(?:\/|%2f)(?=[a-z0-9][^/]*\/)/i
/** podman asks for what an image changed by the path of a container, whose handler takes either. */
const imageDiff = /^(\/h\/[^/]+(?:\/v[\d.]+)?\/libpod\/)containers(\/[^/]+\/changes)$/
/** Where a manifest list is pushed to: a registry, which podman escapes with its scheme. Other schemes write files of the host. */
const destination = /\/libpod\/manifests\/.+\/registry\/([^/]+)$/
export const destinationName = /^(?:docker:\/\/)?[a-zA-Z0-9][\w.-]*(?::\d+)?(?:\/[a-zA-Z0-9][\w.:@-]*)*$/

/**
 * Takes a request target below the base path apart. Throws gateway_path for whatever two readers could read as two
 * different things: Docker routes by the decoded path and Podman by the encoded one, both answer `//` and `..` with a
 * redirect to elsewhere (seen on 20.10 and 4.3).
 */
export function parseTarget(target: string): GatewayTarget {
  const refuse = (why: string): never => {
    throw new AppError('gateway_path', { detail: why })
  }
  if (target.length > longestBytes) return refuse(`Longer than ${longestBytes} bytes`)
  const mark = target.indexOf('?')
  const query = mark === -1 ? [] : parseQuery(target.slice(mark + 1))
  const given = (mark === -1 ? target : target.slice(0, mark)).replace(slashBefore, '$1')
  const isDiff = query.length === 1 && query[0]?.join() === 'diffType,image'
  const path = withSlashes(isDiff ? given.replace(imageDiff, '$1images$2') : given)
  if (!path.startsWith('/h/')) return refuse('Not below /h/')
  if (!pathCharacters.test(path)) return refuse('A character that has no place in a path')
  const sought = soughtIn(path)
  const to = destinationIn(path)
  const raw = path.slice('/h/'.length).split('/')
  const segments = raw.map((segment, index) => {
    if (sought !== null && segment === sought.raw && raw[index - 1] === 'networks') return soughtId
    return to !== null && index === raw.length - 1 ? to : decodeSegment(segment)
  })
  const [host = '', first = '', ...rest] = segments
  const version = (rest[0] === 'libpod' ? libpodVersion : versionSegment).exec(first)?.[1] ?? null
  return {
    host,
    version,
    segments: segments.length < 2 ? [] : version === null ? [first, ...rest] : rest,
    sought: sought?.name ?? null,
    query,
  }
}

/** A network's name with what decides nothing but the end of a path or an escape; null where it tells itself. */
function soughtIn(path: string): { raw: string; name: string } | null {
  const raw = ofNetwork.exec(path)?.[1]
  if (raw === undefined || !/%(?:2f|5c|25)/i.test(raw)) return null
  const name = decode(raw)
  // Engines answer dot segments and empty ones with a redirect to elsewhere.
  const isOdd = /\p{Cc}/u.test(name) || name.split(/[/\\]/).some((part) => /^\.{0,2}$/.test(part))
  return isOdd ? null : { raw, name }
}

function destinationIn(path: string): string | null {
  const raw = destination.exec(path)?.[1] ?? ''
  const name = /%2f/i.test(raw) ? decode(raw) : ''
  return destinationName.test(name) ? name : null
}

/** Only where each part of the name is one for itself: no dot segment, and no second layer of escapes. */
function withSlashes(path: string): string {
  const [before = '', name = ''] = beforeName.exec(path) ?? []
  if (!/%2f/i.test(name)) return path
  const parts = name.split(/%2f/i).map(decodeSegment)
  const isPart = (part: string, index: number) =>
    namePart.test(part) || (index === 0 && registryOfIp6.test(part))
  if (!parts.every(isPart)) return path
  const plain = parts.map((part) => part.replaceAll(/[[\]]/g, encodeURIComponent)).join('/')
  return before.slice(0, -name.length) + plain + path.slice(before.length)
}

/** Throws gateway_path for an empty or dot segment, a broken escape, and an escaped separator or control character. */
function decodeSegment(raw: string): string {
  const decoded = decode(raw)
  // A percent sign left over is a second layer of escapes, for whoever decodes twice.
  if (/^\.{0,2}$/.test(decoded) || /[/\\%\p{Cc}]/u.test(decoded))
    throw new AppError('gateway_path', { detail: `A segment that is none: ${raw.slice(0, 100)}` })
  return decoded
}

/** Throws gateway_path for a broken escape. */
function decode(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new AppError('gateway_path', { detail: `A broken escape: ${raw.slice(0, 100)}` })
  }
}

/** Go refuses `;` and broken escapes, others do not: nor do we let them through. Throws gateway_path. */
function parseQuery(raw: string): [string, string][] {
  if (raw === '') return []
  if (!/^[\x21-\x7e]*$/.test(raw) || /[;#\\]/.test(raw) || /%(?![0-9a-f]{2})/i.test(raw) || /%00/.test(raw))
    throw new AppError('gateway_path', { detail: 'A character that has no place in a query' })
  return [...new URLSearchParams(raw)]
}
