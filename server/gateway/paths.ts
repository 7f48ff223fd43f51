import { AppError } from '../errors.ts'

/** A gateway address, taken apart once. What goes to an engine is built anew from it. */
export interface GatewayTarget {
  /** Id or name of a host. */
  host: string
  /** '1.41', or null for the engine's own. */
  version: string | null
  /** Decoded segments below host and version; none is empty, a dot segment, or holds a separator. */
  segments: readonly string[]
  query: readonly (readonly [name: string, value: string])[]
}

const longestBytes = 16 * 1024
/** What RFC 3986 allows in a path, and no more: an engine, a proxy and we then read the same. */
const pathCharacters = /^[\w\-.~!$&'()*+,;=:@%/]+$/
const versionSegment = /^v(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)$/

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
  const path = mark === -1 ? target : target.slice(0, mark)
  if (!path.startsWith('/h/')) return refuse('Not below /h/')
  if (!pathCharacters.test(path)) return refuse('A character that has no place in a path')
  const segments = path.slice('/h/'.length).split('/').map(decodeSegment)
  const [host = '', first = '', ...rest] = segments
  const version = versionSegment.exec(first)?.[1] ?? null
  return {
    host,
    version,
    segments: segments.length < 2 ? [] : version === null ? [first, ...rest] : rest,
    query: mark === -1 ? [] : parseQuery(target.slice(mark + 1)),
  }
}

/** Throws gateway_path for an empty or dot segment, a broken escape, and an escaped separator or control character. */
function decodeSegment(raw: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(raw)
  } catch {
    throw new AppError('gateway_path', { detail: `A broken escape: ${raw.slice(0, 100)}` })
  }
  // A percent sign left over is a second layer of escapes, for whoever decodes twice.
  if (/^\.{0,2}$/.test(decoded) || /[/\\%\p{Cc}]/u.test(decoded))
    throw new AppError('gateway_path', { detail: `A segment that is none: ${raw.slice(0, 100)}` })
  return decoded
}

/** Go refuses `;` and broken escapes, others do not: nor do we let them through. Throws gateway_path. */
function parseQuery(raw: string): [string, string][] {
  if (raw === '') return []
  if (!/^[\x21-\x7e]*$/.test(raw) || /[;#\\]/.test(raw) || /%(?![0-9a-f]{2})/i.test(raw) || /%00/.test(raw))
    throw new AppError('gateway_path', { detail: 'A character that has no place in a query' })
  return [...new URLSearchParams(raw)]
}
