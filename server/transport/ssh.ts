import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { connectSsh, type SshConnection } from './ssh-connection.ts'
import type { TransportSpec } from './types.ts'

type SshSpec = Extract<TransportSpec, { kind: 'ssh' }>

/**
 * Where engines listen, in the order tried: the login's own DOCKER_HOST, rootful Docker and Podman, then the rootless
 * sockets of the account. A constant: nothing of ours or the user's is put into it.
 */
const searchScript = `
u=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
case "\${DOCKER_HOST:-}" in unix://*) d=\${DOCKER_HOST#unix://};; *) d=;; esac
for s in "$d" /run/docker.sock /var/run/docker.sock /run/podman/podman.sock "$u/docker.sock" "$u/podman/podman.sock"; do
  [ -S "$s" ] || continue
  if [ -w "$s" ]; then echo "found $s"; exit 0; fi
  echo "forbidden $s"
done
exit 3`

/** Finds the engine's socket on the remote machine. Throws ssh_socket_not_found, or socket_forbidden with the path. */
export async function findRemoteSocket(connection: SshConnection, host: string): Promise<string> {
  const { stdout } = await connection.exec(`sh -c ${quote(searchScript)}`)
  const found = /^found (.+)$/m.exec(stdout)?.[1]
  if (found) return found
  const forbidden = /^forbidden (.+)$/m.exec(stdout)?.[1]
  if (forbidden) throw new AppError('socket_forbidden', { params: { host, path: forbidden } })
  throw new AppError('ssh_socket_not_found', { params: { host }, detail: stdout.trim() || undefined })
}

/**
 * One SSH connection, kept and shared by every stream of the host; made again by the next stream after it ended.
 * Where sshd forbids forwarding to sockets, each stream is a `system dial-stdio` of the remote client instead.
 */
export class SshDialer {
  private readonly spec: SshSpec
  private current: Promise<{ connection: SshConnection; socketPath: string }> | null = null
  private stdioOnly = false
  private closed = false

  constructor(spec: SshSpec) {
    this.spec = spec
  }

  async dial(): Promise<Duplex> {
    if (this.closed) throw new AppError('connection_reset', { detail: 'The transport is closed.' })
    this.current ??= this.open()
    const { connection, socketPath } = await this.current
    if (!this.stdioOnly) {
      try {
        return await connection.forward(socketPath)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'ssh_forward_refused') throw error
        this.stdioOnly = true
      }
    }
    const client = /podman/.test(socketPath)
      ? `podman --url unix://${socketPath}`
      : `docker -H unix://${socketPath}`
    return connection.execStream(`${client.split(' ').map(quote).join(' ')} system dial-stdio`)
  }

  private open() {
    const opening = connectSsh(this.spec, this.spec.jump).then(async (connection) => {
      const forget = () => {
        if (this.current === opening) this.current = null
      }
      connection.closed.catch(forget)
      try {
        return {
          connection,
          socketPath: this.spec.socketPath ?? (await findRemoteSocket(connection, this.spec.host)),
        }
      } catch (error) {
        connection.close()
        throw error
      }
    })
    opening.catch(() => {
      if (this.current === opening) this.current = null
    })
    return opening
  }

  close(): void {
    this.closed = true
    this.current?.then(({ connection }) => connection.close()).catch(() => {})
    this.current = null
  }
}

/** POSIX shell quoting: nothing is special between single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
