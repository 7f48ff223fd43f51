import { AppError } from '../errors.ts'
import type { SshConnection } from './ssh-connection.ts'

/** Where rootful engines listen; all that can be tried where no command may be run. */
const usualPaths = ['/run/docker.sock', '/var/run/docker.sock', '/run/podman/podman.sock']

/**
 * Where engines listen, in the order tried: the login's own DOCKER_HOST, rootful Docker and Podman, then the rootless
 * sockets of the account. A constant: nothing of ours or the user's is put into it.
 */
const searchScript = `
u=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
case "\${DOCKER_HOST:-}" in unix://*) d=\${DOCKER_HOST#unix://};; *) d=;; esac
for s in "$d" ${usualPaths.join(' ')} "$u/docker.sock" "$u/podman/podman.sock"; do
  [ -S "$s" ] || continue
  if [ -w "$s" ]; then echo "found $s"; exit 0; fi
  echo "forbidden $s"
done
exit 3`

/**
 * Finds the engine's socket on the remote machine; where the account may not run commands, by connecting to the usual
 * places. Throws ssh_socket_not_found, ssh_forward_refused where sshd says that it forwards nothing, or socket_forbidden with the path.
 */
export async function findRemoteSocket(connection: SshConnection, host: string): Promise<string> {
  const ran = await connection.exec(`sh -c ${quote(searchScript)}`).catch(unlessRefused)
  const found = ran && /^found (.+)$/m.exec(ran.stdout)?.[1]
  if (found) return found
  const forbidden = ran && /^forbidden (.+)$/m.exec(ran.stdout)?.[1]
  if (forbidden) throw new AppError('socket_forbidden', { params: { host, path: forbidden } })
  // 3 is the script's own; any other end means that sshd ran something else (ForceCommand) or nothing.
  if (ran?.code !== 3) {
    const refusals: unknown[] = []
    for (const path of usualPaths) {
      const stream = await connection.forward(path).catch((error: unknown) => {
        refusals.push(error)
        return null
      })
      stream?.destroy()
      if (stream) return path
    }
    // No engine was looked for at all: sshd forwards nothing, or (where it says no more than "failed") nothing to sockets.
    const isForbidden = (error: unknown) => error instanceof AppError && error.code === 'ssh_forward_refused'
    if (refusals.length > 0 && refusals.every(isForbidden)) throw refusals[0]
    throw new AppError('ssh_socket_not_found', {
      params: { host },
      detail: [
        'No command could be run there, and no stream opened to the usual places:',
        'no engine listens at them, or sshd forwards to no sockets (AllowStreamLocalForwarding, DisableForwarding).',
        ran?.stdout.trim().slice(0, 500) ?? '',
      ]
        .join(' ')
        .trim(),
    })
  }
  throw new AppError('ssh_socket_not_found', { params: { host }, detail: ran?.stdout.trim() || undefined })
}

/**
 * After a stream to a socket was refused. OpenSSH says "open failed" (reason 2) to a missing socket, to one that nobody
 * listens at and where AllowStreamLocalForwarding is off. When the socket is fine, forwarding must be forbidden:
 * returns the client there that can carry streams instead, or throws ssh_forward_refused without one. Otherwise
 * throws socket_not_found, socket_forbidden or connection_refused. Without the right to run commands nothing more can
 * be learnt: throws the error given.
 */
export async function findRemoteClient(
  connection: SshConnection,
  host: string,
  path: string,
  failure: AppError,
): Promise<'docker' | 'podman'> {
  // podman's dial-stdio asks for libpod first, so it does not carry Docker; docker's carries any bytes.
  const clients = /podman/.test(path) ? 'podman docker' : 'docker'
  const script = `s=${quote(path)}
[ -S "$s" ] || { echo missing; exit; }
[ -w "$s" ] || { echo forbidden; exit; }
[ ! -r /proc/net/unix ] || grep -q "/\${s##*/}$" /proc/net/unix || { echo dead; exit; }
for c in ${clients}; do command -v "$c" >/dev/null && { echo "$c"; exit; }; done
echo clientless`
  const ran = await connection.exec(`sh -c ${quote(script)}`).catch(unlessRefused)
  const word = ran?.stdout.trim()
  if (word === 'docker' || word === 'podman') return word
  if (word === 'missing') throw new AppError('socket_not_found', { params: { host, path }, cause: failure })
  if (word === 'forbidden') throw new AppError('socket_forbidden', { params: { host, path }, cause: failure })
  if (word === 'dead') {
    throw new AppError('connection_refused', { params: { host: `${host}:${path}` }, cause: failure })
  }
  if (word === 'clientless') {
    throw new AppError('ssh_forward_refused', {
      params: { host },
      detail: failure.context.detail,
      cause: failure,
    })
  }
  throw failure
}

function unlessRefused(error: unknown): null {
  if (error instanceof AppError && error.code === 'ssh_forward_refused') return null
  throw error
}

/** POSIX shell quoting: nothing is special between single quotes. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
