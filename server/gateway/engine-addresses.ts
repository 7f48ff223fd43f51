import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { Host } from '#lib/contracts/hosts.ts'
import type { EnginesSettings } from '../config.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { Credential } from '../principal/principal.ts'
import { sha256Of } from './authority.ts'
import type { Gateway } from './index.ts'
import { hostHeader } from './prepare.ts'

/** Requests at an address of an engine's own, where the path is the engine's: handed on as of /h/<host>/. */
export interface EngineAddresses {
  /** Whether the Host header of a request at our own port is an engine's name. */
  claims(request: IncomingMessage): boolean
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** What stands for a host below the domain: its name where that can be one label for it alone, else its id. */
  labelFor(host: Pick<Host, 'id' | 'name'>): string
}

/** A wildcard certificate is for one label. */
const oneLabel = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/
/** Stands for no host: none has this name, and none is asked for before it is known who asks. */
const noHost = '-'

/**
 * Which host a request is for, and what it is known by. The name decides (the one that TLS was asked for, else the Host
 * header); at an address that is none of a host's, the certificate, the user name of Basic authentication, or the header
 * that BuildKit's clients have.
 */
export function createEngineAddresses(parts: {
  settings: EnginesSettings
  gateway: Gateway
  tokens: Pick<Tokens, 'hostOf'>
  registry: Pick<HostRegistry, 'list'>
}): EngineAddresses {
  const { settings, gateway, tokens, registry } = parts
  const { domain, addresses } = settings
  /** The first label of a name below the domain; '' for an address of all; null for one that is not ours. */
  const labelOf = (name: string): string | null => {
    if (name === domain || addresses.includes(name)) return ''
    if (domain === null || !name.endsWith(`.${domain}`)) return null
    return name.slice(0, -domain.length - 1)
  }
  const hostIdOf = (label: string): string => {
    const folded = label.toLowerCase()
    const hosts = registry.list()
    const exact = hosts.find(({ id }) => id === label) ?? hosts.find(({ name }) => name === label)
    if (exact) return exact.id
    // DNS knows no case. Of two that differ in nothing else each has its id.
    const [alike, ...more] = hosts.filter(({ name }) => name.toLowerCase() === folded)
    return alike && more.length === 0 ? alike.id : label
  }

  const locate = async (request: IncomingMessage): Promise<{ host: string; credential: Credential }> => {
    const label = labelIn(request, labelOf)
    checkPage(request)
    if (!request.url?.startsWith('/')) throw new AppError('gateway_path', { detail: 'No path' })
    const certificate = certificateOf(request)
    if (certificate !== null) {
      const host = label === '' ? ((await tokens.hostOf(certificate)) ?? noHost) : hostIdOf(label)
      return { host, credential: { headers: new Headers(), certificate } }
    }
    const { authorization } = request.headers
    if (authorization === undefined) throw new AppError('gateway_token')
    const basic = basicOf(authorization)
    const given = request.headers[hostHeader]
    const named = label || basic?.user || (typeof given === 'string' ? given : '')
    if (named === '') throw new AppError('gateway_nameless')
    const bearer = basic ? `Bearer ${basic.password}` : authorization
    return { host: hostIdOf(named), credential: { headers: new Headers({ authorization: bearer }) } }
  }

  /** What /h/<host>/ would have been asked, and how that is admitted; whatever is wrong is told there, as engines do. */
  const translated = async (request: IncomingMessage) => {
    try {
      const { host, credential } = await locate(request)
      // The path is for this host alone, so that BuildKit's session comes through.
      request.headers[hostHeader] = host
      return { target: `/h/${encodeURIComponent(host)}${request.url}`, admission: () => credential }
    } catch (error) {
      const admission = () => {
        throw error
      }
      return { target: `/h/${noHost}${request.url}`, admission }
    }
  }

  return {
    labelFor({ id, name }) {
      const label = name.toLowerCase()
      return oneLabel.test(label) && hostIdOf(label) === id ? label : id
    },
    claims: (request) => Boolean(labelOf(hostOf(request) ?? '')),
    async handle(request, response) {
      const { target, admission } = await translated(request)
      return gateway.handle(request, response, target, admission)
    },
    async upgrade(request, socket, head) {
      const { target, admission } = await translated(request)
      return gateway.upgrade(request, socket, head, target, admission)
    },
  }
}

/** Without port and brackets, in lower case. Null: two, of which another reader may take the other. */
function hostOf({ headers, headersDistinct }: IncomingMessage): string | null {
  if ((headersDistinct.host?.length ?? 0) > 1) return null
  return (headers.host ?? '')
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}

/** Throws gateway_address for an address that is none of ours, and for two that differ. */
function labelIn(request: IncomingMessage, labelOf: (name: string) => string | null): string {
  const { socket } = request
  const isTls = socket instanceof TLSSocket
  const asked = isTls && socket.servername ? socket.servername.toLowerCase() : null
  const host = hostOf(request)
  if (host === null || (asked !== null && host !== '' && host !== asked))
    throw new AppError('gateway_address')
  // buildx leaves its Host header empty, and no client asks TLS for an address.
  const name = asked ?? host
  const label = name === '' && isTls ? '' : labelOf(name)
  if (label === null || (label === '' && !isTls)) throw new AppError('gateway_address')
  return label
}

/**
 * No page is to be a client: a browser adds a certificate that its owner has put into it, and Basic credentials that it
 * knows, to whatever another site's page asks for. Throws wrong_origin.
 */
function checkPage({ headers, socket }: IncomingMessage): void {
  const site = headers['sec-fetch-site']
  const own = `${socket instanceof TLSSocket ? 'https' : 'http'}://${headers.host}`
  const isOther = headers.origin !== undefined && headers.origin !== own
  if (isOther || (site !== undefined && site !== 'same-origin' && site !== 'none'))
    throw new AppError('wrong_origin')
}

/** Throws gateway_certificate for one that our authority has not signed, or whose time is over. */
function certificateOf({ socket }: IncomingMessage): string | null {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  if (!certificate) return null
  if (!(socket as TLSSocket).authorized) throw new AppError('gateway_certificate')
  return sha256Of(certificate.raw)
}

function basicOf(authorization: string): { user: string; password: string } | null {
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(authorization) ?? []
  if (encoded === undefined) return null
  const [, user = '', password = ''] =
    /^([^:]*):([\x21-\x7e]*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return { user, password }
}
