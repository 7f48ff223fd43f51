import { constants } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type EnginesSettings, StartError } from '../config.ts'
import type { Log } from '../log.ts'
import { followConnections, serverLimits } from '../web/connections.ts'
import type { Authority } from './authority.ts'
import type { EngineAddresses } from './engine-addresses.ts'
import { askForTyped } from './typed-streams.ts'

export interface EngineListener {
  /** Resolves with the port. Throws StartError where it is not free. */
  listen(): Promise<number>
  close(): Promise<void>
}

/** Milliseconds for TLS to be agreed upon. */
const handshakeMs = 10_000
/** Milliseconds between two certificates of our own: a server may run for longer than one lasts. */
const renewMs = 24 * 3_600_000

/**
 * TLS for the engine addresses. It asks for a client certificate and takes who has none, for whom a token speaks: who
 * comes in is decided for each request.
 */
export async function createEngineListener(parts: {
  settings: EnginesSettings & { listener: object }
  authority: Authority
  addresses: EngineAddresses
  log: Log
}): Promise<EngineListener> {
  const { settings, authority, addresses } = parts
  const { domain, listener } = settings
  const log = parts.log.child({ part: 'engines' })
  const names = [...(domain === null ? [] : [domain, `*.${domain}`]), ...settings.addresses]
  const material = async () => {
    const { certificate, key } = await authority.issueServer(names)
    return {
      cert: certificate,
      key,
      ca: authority.certificate,
      // A second handshake could bring another certificate, and what was verified was the first. A context that is set anew
      // has this only where it is said again (Node's tls.Server.setSecureContext).
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    }
  }
  const server: Server = createServer(
    {
      ...(await material()),
      requestCert: true,
      rejectUnauthorized: false,
      ...serverLimits,
      handshakeTimeout: handshakeMs,
      // Either end of a raw stream closes its half; without this the client's end of input would end its output.
      allowHalfOpen: true,
    },
    (request, response) => {
      addresses.handle(request, response).catch((error) => {
        log.error({ err: error }, 'request failed')
        response.destroy()
      })
    },
  )
  askForTyped(server)
  server.on('upgrade', (request, socket, head) => {
    addresses.upgrade(request, socket, head).catch((error) => {
      log.error({ err: error }, 'upgrade failed')
      socket.destroy()
    })
  })
  const timer = setInterval(() => {
    material()
      .then((made) => server.setSecureContext(made))
      .catch((error) => log.error({ err: error }, 'the certificate was not renewed'))
  }, renewMs)
  timer.unref()
  const end = followConnections(server)
  return {
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error) => reject(new StartError(`ROADSTEAD_ENGINES_PORT: ${error.message}`)))
        server.listen(listener.port, listener.bind, () => {
          server.removeAllListeners('error')
          resolve()
        })
      })
      return (server.address() as AddressInfo).port
    },
    async close() {
      clearInterval(timer)
      if (server.listening) await end(() => new Promise<void>((resolve) => server.close(() => resolve())))
    },
  }
}
