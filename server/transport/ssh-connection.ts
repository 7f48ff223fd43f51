import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type ClientChannel, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2'
import { AppError } from '../errors.ts'
import { resolveAddress } from './address.ts'
import { dialTcp } from './dial.ts'
import { explainError } from './explain.ts'
import type { SshHop } from './types.ts'

export interface HostKey {
  hop: 'target' | 'jump'
  algorithm: string
  /** SHA256:... as ssh-keygen -l prints it. */
  fingerprint: string
  pinned: string | null
}

/** Told as a connection is made, for the step-by-step test. */
export interface SshProgress {
  connected?(hop: HostKey['hop']): void
  hostKey?(key: HostKey): void
  loggedIn?(hop: HostKey['hop']): void
}

/** One live SSH connection, with its jump host's beneath it. */
export interface SshConnection {
  /** Rejects with the reason when the connection ends; never resolves. */
  readonly closed: Promise<never>
  /**
   * A stream to a unix socket on the remote machine. Throws socket_not_found, or ssh_forward_refused where the server
   * says so; OpenSSH does not, and answers "open failed" to both.
   */
  forward(socketPath: string): Promise<Duplex>
  /** Runs a command line; stdout up to 64 KiB. Throws as execStream does. */
  exec(command: string): Promise<{ code: number; stdout: string }>
  /**
   * Runs a command line as a stream of its stdin and stdout. Throws ssh_forward_refused when the server opens no
   * session: it allows none (MaxSessions 0), or all that it allows are open.
   */
  execStream(command: string): Promise<ClientChannel>
  close(): void
}

/**
 * Connects, through the jump host where there is one. Host keys are checked before any credential is sent.
 * Throws ssh_host_key_unknown or ssh_host_key_changed (with both fingerprints), ssh_login_refused, ssh_agent_missing,
 * ssh_not_spoken, and the codes of dialTcp.
 */
export async function connectSsh(
  target: SshHop,
  jump?: SshHop,
  progress: SshProgress = {},
): Promise<SshConnection> {
  if (!jump) return login(target, 'target', () => dialTcp(target.host, target.port), progress)
  // The jump host resolves names; an address can be judged here.
  if (isIP(target.host)) await resolveAddress(target.host)
  const first = await login(jump, 'jump', () => dialTcp(jump.host, jump.port), progress)
  try {
    const second = await login(
      target,
      'target',
      () => first.client.forwardTo(target.host, target.port),
      progress,
    )
    second.closed.catch(() => first.close())
    first.closed.catch(() => second.close())
    return second
  } catch (error) {
    first.close()
    throw error
  }
}

interface LoggedIn extends SshConnection {
  client: { forwardTo(host: string, port: number): Promise<Duplex> }
}

/** Types of host keys, with the algorithms that sign by each (RFC 8332 for RSA). */
const keyTypes: Readonly<Record<string, ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
}
/** The type of each pinned key that was met, by its fingerprint: it is asked for first. */
const pinnedTypes = new Map<string, string>()

/**
 * Asks for a key of the pinned one's type, as OpenSSH does of what known_hosts has: a server that was given a key of
 * another type since has not changed. A pin is a fingerprint alone, so that types are tried until one is met.
 */
async function login(
  hop: SshHop,
  which: HostKey['hop'],
  dial: () => Promise<Duplex>,
  progress: SshProgress,
): Promise<LoggedIn> {
  const first = pinnedTypes.get(hop.hostKey ?? '')
  try {
    const sock = await dial()
    progress.connected?.(which)
    return await loginBy(hop, which, sock, progress, first)
  } catch (changed) {
    // The pinned type is not to be had there any more: what else there is tells who it is now.
    if (first !== undefined && changed instanceof AppError && changed.code === 'ssh_not_spoken') {
      pinnedTypes.delete(hop.hostKey ?? '')
      return login(hop, which, dial, progress)
    }
    if (!(changed instanceof AppError) || changed.code !== 'ssh_host_key_changed') throw changed
    const { algorithm, fingerprint } = changed.context.params ?? {}
    for (const type of Object.keys(keyTypes)) {
      if (type === algorithm) continue
      try {
        return await loginBy(hop, which, await dial(), progress, type)
      } catch (error) {
        const isNoKey =
          error instanceof AppError && ['ssh_host_key_changed', 'ssh_not_spoken'].includes(error.code)
        if (!isNoKey) throw error
      }
    }
    const key = { algorithm: String(algorithm), fingerprint: String(fingerprint) }
    progress.hostKey?.({ hop: which, ...key, pinned: hop.hostKey ?? null })
    throw changed
  }
}

async function loginBy(
  hop: SshHop,
  which: HostKey['hop'],
  sock: Duplex,
  progress: SshProgress,
  type: string | undefined,
): Promise<LoggedIn> {
  const client = new ssh2.Client()
  const where = { host: hop.host, port: hop.port }
  let refusal: AppError | undefined
  const config: ConnectConfig = {
    sock,
    username: hop.username,
    readyTimeout: 8000,
    // A half-open connection is found after 15 s of silence.
    keepaliveInterval: 5000,
    keepaliveCountMax: 3,
    ...(type === undefined ? {} : { algorithms: { serverHostKey: keyTypes[type] ?? [] } }),
    hostVerifier: (blob: Buffer) => {
      const key = describeHostKey(blob, which, hop.hostKey ?? null)
      // Of a pinned key's others it is said when none of them is it.
      if (key.pinned === null || key.pinned === key.fingerprint) progress.hostKey?.(key)
      if (key.pinned === key.fingerprint) {
        pinnedTypes.set(key.fingerprint, key.algorithm)
        return true
      }
      const params = { ...where, hop: which, fingerprint: key.fingerprint, algorithm: key.algorithm }
      refusal = key.pinned
        ? new AppError('ssh_host_key_changed', { params: { ...params, pinned: key.pinned } })
        : new AppError('ssh_host_key_unknown', { params })
      return false
    },
    ...(hop.auth.kind === 'key'
      ? { privateKey: hop.auth.privateKey, passphrase: hop.auth.passphrase }
      : { agent: hop.auth.socketPath }),
  }
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve)
    // Not `once`: ssh2 tells of a missing agent and then of the failed login, and an unheard error ends the process.
    client.on('error', (error) => reject(refusal ?? explainSsh(error, hop)))
    client.once('close', () => reject(refusal ?? new AppError('connection_reset', { params: where })))
    try {
      client.connect(config)
    } catch (error) {
      sock.destroy()
      reject(explainSsh(error as Error, hop))
    }
  }).catch((error) => {
    client.destroy()
    throw error
  })
  progress.loggedIn?.(which)

  /** Channels asked for and not yet answered; ssh2 forgets them when the connection ends. */
  const waiting = new Set<(error: Error) => void>()
  const { promise: closed, reject } = Promise.withResolvers<never>()
  closed.catch(() => {})
  const end = (error: Error) => {
    reject(error)
    for (const fail of waiting) fail(error)
    waiting.clear()
  }
  client.on('error', (error) => end(explainSsh(error, hop)))
  client.once('close', () => end(new AppError('connection_reset', { params: where })))
  const open = (
    kind: 'socket' | 'session' | 'port',
    ask: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
    path?: string,
  ) =>
    new Promise<ClientChannel>((resolve, reject) => {
      waiting.add(reject)
      ask((error, channel) => {
        waiting.delete(reject)
        if (error) reject(explainChannel(error, hop, kind, path))
        else resolve(channel)
      })
    })
  return {
    closed,
    forward: (path) => open('socket', (done) => client.openssh_forwardOutStreamLocal(path, done), path),
    execStream: (command) => open('session', (done) => client.exec(command, done)),
    exec: async (command) => collect(await open('session', (done) => client.exec(command, done))),
    close: () => {
      client.end()
      // A peer that vanished never answers the end.
      setTimeout(() => client.destroy(), 2000).unref()
    },
    client: {
      forwardTo: (host, port) => open('port', (done) => client.forwardOut('127.0.0.1', 0, host, port, done)),
    },
  }
}

/** The blob begins with the algorithm's name as an SSH string (RFC 4253 §6.6). */
function describeHostKey(blob: Buffer, hop: HostKey['hop'], pinned: string | null): HostKey {
  const algorithm = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
  const fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
  return { hop, algorithm, fingerprint, pinned }
}

function explainSsh(error: Error & { level?: string }, hop: SshHop): Error {
  const params = { host: hop.host, port: hop.port, username: hop.username }
  const detail = error.message
  if (error.level === 'client-authentication')
    return new AppError('ssh_login_refused', { params, detail, cause: error })
  if (error.level === 'agent') return new AppError('ssh_agent_missing', { params, detail, cause: error })
  if (error.level === 'client-timeout')
    return new AppError('connection_timed_out', { params, detail, cause: error })
  if (error.level === 'protocol' || error.level === 'handshake') {
    return new AppError('ssh_not_spoken', { params, detail, cause: error })
  }
  if (/no passphrase/i.test(detail))
    return new AppError('key_passphrase_missing', { params, detail, cause: error })
  if (/passphrase|integrity/i.test(detail))
    return new AppError('key_passphrase_wrong', { params, detail, cause: error })
  return explainError(error, { host: hop.host, port: hop.port })
}

/** Channel open failure reasons of RFC 4254 §5.1: 1 is administratively prohibited, 2 is connect failed. */
function explainChannel(
  error: Error & { reason?: number },
  hop: SshHop,
  kind: 'socket' | 'session' | 'port',
  path?: string,
): AppError {
  const params = { host: hop.host, ...(path ? { path } : {}) }
  const failed = {
    socket: 'socket_not_found',
    session: 'ssh_forward_refused',
    port: 'connection_refused',
  } as const
  const code = error.reason === 1 ? 'ssh_forward_refused' : failed[kind]
  return new AppError(code, { params, detail: error.message, cause: error })
}

function collect(channel: ClientChannel): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let code = -1
    channel.on('data', (chunk: Buffer) => {
      if (stdout.length < 65_536) stdout += chunk.toString('utf8')
    })
    channel.stderr.resume()
    channel.on('exit', (status: number | null) => {
      code = status ?? -1
    })
    channel.on('close', () => resolve({ code, stdout }))
    channel.on('error', reject)
  })
}
