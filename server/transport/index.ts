import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Pool } from 'undici'
import { AppError } from '../errors.ts'
import { dialTcp, dialUnix, secure } from './dial.ts'
import { explainError, type Where } from './explain.ts'
import { SshDialer } from './ssh.ts'
import type { Lane, Transport, TransportSpec } from './types.ts'

/** Connections to one engine at most. Each watched log, terminal and stats stream holds one. */
const maximumConnections = { pings: 4, own: 1000, persons: 1000 }

/** Opens nothing yet: the first request dials. */
export function openTransport(spec: TransportSpec): Transport {
  const ssh = spec.kind === 'ssh' ? new SshDialer(spec) : null
  const where: Where = spec.kind === 'unix' ? { path: spec.socketPath } : { host: spec.host, port: spec.port }
  const dial = (lane: Lane): Promise<Socket> => {
    if (spec.kind === 'unix') return dialUnix(spec.socketPath)
    if (spec.kind === 'tcp') return dialTcp(spec.host, spec.port)
    if (spec.kind === 'tls') {
      return dialTcp(spec.host, spec.port).then((socket) => secure(socket, spec.host, spec.port, spec))
    }
    return (ssh as SshDialer).dial(lane).then(asSocket)
  }
  const own = new Set<Socket>()
  let isClosed = false
  const origin = 'http://engine'
  const pool = (lane: Lane) =>
    new Pool(origin, {
      connections: maximumConnections[lane],
      pipelining: 1,
      // Follow streams are silent for hours; liveness is the business of whoever reads them.
      bodyTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 30_000,
      // After a peak of streams its clients would stay, idle and without a socket, for as long as the host does.
      clientTtl: 600_000,
      connect: async (_options, done) => {
        const outcome = await dial(lane).then(
          (socket): [null, Socket] => [null, socket],
          (error: Error): [Error, null] => [error, null],
        )
        done(...outcome)
      },
    })
  const dispatchers = { pings: pool('pings'), own: pool('own'), persons: pool('persons') }
  return {
    dispatchers,
    origin,
    async dial() {
      const socket = await dial('persons')
      if (isClosed) {
        socket.destroy()
        throw new AppError('connection_reset', { detail: 'The transport is closed.' })
      }
      own.add(socket)
      socket.once('close', () => own.delete(socket))
      return socket
    },
    explain: (error) => explainError(error, where),
    close: async () => {
      isClosed = true
      for (const socket of own) socket.destroy()
      const ended = ssh?.close()
      const destroyed = Promise.all(Object.values(dispatchers).map((each) => each.destroy()))
      // undici waits for the close of each of its streams, and ssh2 emits none on a channel with data that nobody reads.
      await (ended ? Promise.race([destroyed, ended]) : destroyed)
    },
  }
}

/** An SSH channel lacks what undici calls on a net.Socket; none of it means anything on a channel. */
function asSocket(channel: Duplex): Socket {
  const self = () => channel
  const missing = { setNoDelay: self, setKeepAlive: self, setTimeout: self, ref: self, unref: self }
  for (const [name, method] of Object.entries(missing))
    if (!(name in channel)) Object.assign(channel, { [name]: method })
  return channel as Socket
}
