import { BlockList, isIP } from 'node:net'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'

interface Asked {
  method?: string
  headers: Record<string, string | string[] | undefined>
  /** Each line of a header by itself; of two Host lines `headers` has the first. */
  headersDistinct?: Record<string, string[] | undefined>
}

export interface Guard {
  /**
   * Throws wrong_host unless the Host header is a name of ours: an attacker's name pointing here is DNS rebinding.
   * @param anyPort for what no page asks for: our public name then counts by any port
   */
  checkHost(request: Asked, anyPort?: boolean): void
  /** Throws wrong_origin for a changing request or a WebSocket that another site's page made. */
  checkOrigin(request: Asked, upgrade: boolean): void
  /** The origin that the browser of this request knows us by. To be asked after checkHost. */
  origin(request: Asked): string
  /** The client's address; X-Forwarded-For counts only when the peer is a trusted proxy. */
  address(peer: string | undefined, forwarded: string | string[] | undefined): string
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The checks that come before anything else, on requests and on upgrades alike. */
export function createGuard(config: Config): Guard {
  const trusted = new BlockList()
  for (const entry of config.trustedProxies) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const allowed = (host: string, anyPort: boolean) => {
    if (config.publicUrl?.host === host) return true
    const name = host.replace(/:\d+$/, '')
    if (anyPort && config.publicUrl?.hostname === name) return true
    // Loopback names can be used only by who is on this machine, or through a tunnel of theirs.
    if (loopbackNames.has(name)) return true
    return config.publicUrl === null && config.bind === name
  }
  const ownOrigin = ({ headers }: Asked) =>
    config.publicUrl !== null && headers.host === config.publicUrl.host
      ? config.publicUrl.origin
      : `http://${headers.host}`
  return {
    origin: ownOrigin,
    checkHost(request, anyPort = false) {
      const host = String(request.headers.host ?? '').toLowerCase()
      if (!allowed(host, anyPort) || (request.headersDistinct?.host?.length ?? 1) > 1)
        throw new AppError('wrong_host', { params: { host: host || '?' } })
    },
    checkOrigin(request, upgrade) {
      const safe = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
      if (safe && !upgrade) return
      const { origin } = request.headers
      if (origin === undefined) {
        // Browsers send Origin with every POST and WebSocket. Without one it is curl, which has no cookie to steal;
        // Sec-Fetch-Site still unmasks a browser too old or too odd.
        const site = request.headers['sec-fetch-site']
        if (site !== undefined && site !== 'same-origin') throw new AppError('wrong_origin')
        if (upgrade) throw new AppError('wrong_origin')
        return
      }
      if (origin !== ownOrigin(request)) throw new AppError('wrong_origin')
    },
    address(peer, forwarded) {
      const direct = (peer ?? '').replace(/^::ffff:/, '')
      if (!forwarded || !isIP(direct) || !trusted.check(direct, isIP(direct) === 6 ? 'ipv6' : 'ipv4'))
        return direct
      // The last entry is the one our trusted proxy wrote; those before it are the client's word.
      const last = String(forwarded).split(',').at(-1)?.trim() ?? ''
      return isIP(last) ? last : direct
    },
  }
}
