import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { connectSsh, type SshConnection } from './ssh-connection.ts'
import { findRemoteClient, findRemoteSocket, quote } from './ssh-socket-search.ts'
import type { Lane, TransportSpec } from './types.ts'

type SshSpec = Extract<TransportSpec, { kind: 'ssh' }>

/**
 * Connections to one host at most, of sshd's default of 10 sessions each, where streams are sessions. The last is for what
 * the dashboard itself asks, and for pings: people's streams may take all of the others.
 */
const maximumLines = { pings: 7, own: 7, persons: 6 } satisfies Record<Lane, number>

interface Line {
  connection: SshConnection
  socketPath: string
  /** sshd forbids forwarding to sockets: each stream is a `system dial-stdio` of this remote client instead. */
  stdio: Promise<'docker' | 'podman'> | null
  /** Streams of that kind open or being opened: each takes one of sshd's MaxSessions. */
  sessions: number
}

/**
 * One SSH connection, kept and shared by every stream of the host; made again by the next stream after it ended.
 * More are opened only where streams are sessions, and the server refuses another (MaxSessions).
 */
export class SshDialer {
  private readonly spec: SshSpec
  private readonly lines: Promise<Line>[] = []
  private closed = false

  constructor(spec: SshSpec) {
    this.spec = spec
  }

  async dial(lane: Lane): Promise<Duplex> {
    for (let index = 0; ; index++) {
      if (this.closed) throw new AppError('connection_reset', { detail: 'The transport is closed.' })
      const line = await (this.lines[index] ?? this.open())
      try {
        return await this.openStream(line)
      } catch (error) {
        const full = line.sessions > 0 && error instanceof AppError && error.code === 'ssh_forward_refused'
        if (!full || index + 1 >= maximumLines[lane]) throw error
      }
    }
  }

  private async openStream(line: Line): Promise<Duplex> {
    if (!line.stdio) {
      try {
        return await line.connection.forward(line.socketPath)
      } catch (error) {
        const refused =
          error instanceof AppError &&
          (error.code === 'ssh_forward_refused' || error.code === 'socket_not_found')
        if (!refused) throw error
        // Asked once for all streams that wait: each asking is a session too.
        line.stdio ??= findRemoteClient(line.connection, this.spec.host, line.socketPath, error)
      }
    }
    const url = quote(`unix://${line.socketPath}`)
    try {
      const client = (await line.stdio) === 'podman' ? `podman --url ${url}` : `docker -H ${url}`
      return await openSession(line, `${client} system dial-stdio`)
    } catch (error) {
      // The next stream looks anew: the engine may have been started, or the rules changed.
      if (line.sessions === 0) line.stdio = null
      throw error
    }
  }

  private open(): Promise<Line> {
    const opening = connectSsh(this.spec, this.spec.jump).then(async (connection): Promise<Line> => {
      connection.closed.catch(forget)
      try {
        const socketPath = this.spec.socketPath ?? (await findRemoteSocket(connection, this.spec.host))
        return { connection, socketPath, stdio: null, sessions: 0 }
      } catch (error) {
        connection.close()
        throw error
      }
    })
    const forget = () => {
      const index = this.lines.indexOf(opening)
      if (index >= 0) this.lines.splice(index, 1)
    }
    opening.catch(forget)
    this.lines.push(opening)
    return opening
  }

  /** Resolves when every connection has ended, and with it what went through it. */
  async close(): Promise<void> {
    this.closed = true
    const ended = this.lines.map(async (line) => {
      const { connection } = await line
      connection.close()
      await connection.closed
    })
    await Promise.allSettled(ended)
  }
}

async function openSession(line: Line, command: string): Promise<Duplex> {
  line.sessions++
  const done = () => line.sessions--
  try {
    const channel = await line.connection.execStream(command)
    channel.once('close', done)
    channel.stderr.resume()
    return channel
  } catch (error) {
    done()
    throw error
  }
}
