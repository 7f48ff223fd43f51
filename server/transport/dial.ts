import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls'
import { AppError } from '../errors.ts'
import { waitPatiently } from '../patience.ts'
import { resolveAddress } from './address.ts'
import { refuseWhenFew } from './descriptors.ts'
import { explainError, type Where } from './explain.ts'

/** Milliseconds for a TCP or TLS handshake: with the retry delay below 2 s, a healed host is found within 5 s. */
export const connectTimeoutMs = 3000

function settle<S extends Socket>(socket: S, ready: 'connect' | 'secureConnect', where: Where): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      callOff()
      reject(explainError(error, where))
    }
    const closed = () => fail(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }))
    const callOff = waitPatiently(connectTimeoutMs, () => {
      // Connected and then silent is a hung engine, not a machine that is gone.
      const hung = new AppError('host_unresponsive', { params: { ...where }, detail: 'No TLS handshake' })
      fail(
        ready === 'secureConnect' ? hung : Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' }),
      )
      socket.destroy()
    })
    socket.once('error', fail)
    socket.once('close', closed)
    socket.once(ready, () => {
      callOff()
      socket.removeListener('error', fail)
      // Only ours: TLS frees its session in a listener of its own.
      socket.removeListener('close', closed)
      resolve(socket)
    })
  })
}

/** Throws AppError: socket_not_found, socket_forbidden, connection_refused, descriptors_few. */
export async function dialUnix(socketPath: string): Promise<Socket> {
  refuseWhenFew()
  return settle(connectSocket({ path: socketPath }), 'connect', { path: socketPath })
}

/** Throws AppError: name_not_resolved, address_refused, connection_refused, connection_timed_out, network_unreachable, descriptors_few. */
export async function dialTcp(host: string, port: number): Promise<Socket> {
  refuseWhenFew()
  const address = await resolveAddress(host)
  return settle(connectSocket({ host: address, port, noDelay: true }), 'connect', { host, port })
}

export interface TlsMaterial {
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
  servername?: string
}

/**
 * TLS over a connected socket. Only http/1.1 is offered: over h2 no engine can hijack a connection for exec and attach.
 * Throws AppError tls_*. A client certificate that the engine refuses shows under TLS 1.3 only at the first read.
 */
export async function secure(
  socket: Socket,
  host: string,
  port: number,
  material: TlsMaterial,
): Promise<TLSSocket> {
  const { ca, cert, key, passphrase, servername } = material
  const minVersion: SecureVersion = 'TLSv1.2'
  // An address must not be sent as server name (RFC 6066 §3); the certificate is still checked against `host`.
  const named = servername ?? (/^[\d.]+$|:/.test(host) ? '' : host)
  const secured = connectTls({
    socket,
    host: servername ?? host,
    servername: named,
    minVersion,
    ALPNProtocols: ['http/1.1'],
    ca,
    cert,
    key,
    passphrase,
    rejectUnauthorized: true,
  })
  await settle(secured, 'secureConnect', { host: servername ?? host, port })
  // An alert (the server's refusal of our certificate) comes as an error and then an end, which would pass for a mere
  // hang-up: undici keeps the last of what it hears.
  secured.once('error', () => secured.destroy())
  return secured
}
