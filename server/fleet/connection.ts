import type { EngineInfo, Host, HostState, TransportInput } from '#lib/contracts/hosts.ts'
import { backoffDelay } from '../backoff.ts'
import { createEngineClient } from '../engine/client.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { sentence } from '../messages.ts'
import { dialTcp } from '../transport/dial.ts'
import { openTransport } from '../transport/index.ts'
import type { Transport } from '../transport/types.ts'
import { toSpec } from './transport-secrets.ts'

/** Milliseconds. A hung engine is named after at most interval + timeout = 9 s. */
export const timing = {
  pingEvery: 4000,
  pingTimeout: 5000,
  /** Ceiling of the delay between attempts: with 3 s of dialling, a healed host is back within 5 s. */
  retryCap: 1500,
  retryBase: 500,
  /** Refused credentials don't heal by themselves; hammering sshd gets us banned. */
  refusedCap: 30_000,
}

/** Milliseconds between announcements of a latency alone. */
const latencyAnnounceMs = 10_000

/** Errors that mean: it is there, and will not have us. */
const refusals = new Set<string>([
  'tls_client_refused',
  'ssh_login_refused',
  'ssh_host_key_unknown',
  'ssh_host_key_changed',
  'ssh_agent_missing',
  'socket_forbidden',
  'engine_rights_missing',
  'key_passphrase_wrong',
  'key_passphrase_missing',
])
/** Errors that mean: it accepted, and did not answer in time. */
const silences = new Set<string>(['host_unresponsive'])

export interface ConnectionStatus {
  state: HostState
  stateSince: string
  engine: EngineInfo | null
  latencyMs: number | null
  lastSeenAt: string | null
  error: Host['error']
}

export interface ConnectionListener {
  changed(): void
  connected(engine: EngineClient): void
  /** It has answered who it is, and a ping. */
  answered(engine: EngineClient): void
  disconnected(): void
}

/**
 * One host's connection: dials, pings, says what state it is in, and dials again. Shares nothing with other hosts, so
 * that a dead one costs them nothing.
 */
export class HostConnection {
  readonly status: ConnectionStatus
  private input: TransportInput
  private readonly listener: ConnectionListener
  private transport: Transport | null = null
  private client: EngineClient | null = null
  private timer: NodeJS.Timeout | undefined
  private failures = 0
  private checking = false
  private stopped = true
  private announcedLatency = 0
  /** Counts the ends of connections: a check that began before one has nothing to say after it. */
  private epoch = 0

  constructor(input: TransportInput, listener: ConnectionListener) {
    this.input = input
    this.listener = listener
    this.status = {
      state: 'paused',
      stateSince: new Date().toISOString(),
      engine: null,
      latencyMs: null,
      lastSeenAt: null,
      error: null,
    }
  }

  /** @param delayMs spreads the first dials of many hosts. */
  start(delayMs = 0): void {
    this.stopped = false
    this.enter('connecting', null)
    this.schedule(delayMs)
  }

  /** Ends every stream of this connection and dials no more. */
  stop(): void {
    this.stopped = true
    this.leave('paused')
  }

  /** Ends every stream of this connection and dials anew. */
  restart(): void {
    this.stopped = false
    this.leave('connecting')
    this.schedule(0)
  }

  /** Another address or other credentials, used from the next start on. */
  retarget(input: TransportInput): void {
    this.input = input
    this.status.engine = null
  }

  /** Checks now instead of at the next interval. */
  suspect(): void {
    if (!this.stopped && !this.checking) this.schedule(0)
  }

  /** The client, while online. Throws the state as an error otherwise, without dialling. */
  get engine(): EngineClient {
    const { state, error } = this.status
    if (state === 'online' && this.client) return this.client
    const code = state === 'online' ? 'host_connecting' : (`host_${state}` as const)
    throw new AppError(code, { detail: error?.message, params: error?.params })
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer)
    if (this.stopped) return
    this.timer = setTimeout(() => void this.check(), delayMs)
    this.timer.unref()
  }

  private async check(): Promise<void> {
    if (this.checking) return
    const { epoch } = this
    this.checking = true
    try {
      if (this.status.state === 'online' && this.client) await this.ask(this.client, epoch)
      else await this.dial(epoch)
      if (epoch !== this.epoch) return
      this.failures = 0
      this.schedule(timing.pingEvery)
    } catch (error) {
      if (epoch === this.epoch) await this.failed(error, epoch)
    } finally {
      if (epoch === this.epoch) this.checking = false
    }
  }

  private async dial(epoch: number): Promise<void> {
    this.transport ??= openTransport(toSpec(this.input))
    const client = createEngineClient(this.transport)
    const latency = await client.ping({ timeoutMs: timing.pingTimeout })
    const engine = await client.connect()
    if (epoch !== this.epoch) return
    this.client = client
    this.status.engine = engine
    this.status.latencyMs = round(latency)
    this.status.lastSeenAt = new Date().toISOString()
    this.listener.answered(client)
    this.enter('online', null)
    this.listener.connected(client)
  }

  /**
   * Pings an online host. One cut connection is no outage yet (proxies and firewalls cut idle ones): it is asked once
   * more over a fresh one, and for its version, since an engine that restarted may be another.
   */
  private async ask(client: EngineClient, epoch: number): Promise<void> {
    const ping = () => client.ping({ timeoutMs: timing.pingTimeout })
    const latency = await ping().catch(async (error) => {
      if (!(error instanceof AppError) || error.code !== 'connection_reset') throw error
      const again = await ping()
      await client.connect()
      return again
    })
    if (epoch !== this.epoch) return
    this.status.engine = client.info
    this.status.latencyMs = round(latency)
    this.status.lastSeenAt = new Date().toISOString()
    this.listener.answered(client)
    if (performance.now() - this.announcedLatency < latencyAnnounceMs) return
    this.announcedLatency = performance.now()
    this.listener.changed()
  }

  private async failed(reason: unknown, epoch: number): Promise<void> {
    const error =
      reason instanceof AppError
        ? reason
        : new AppError('internal', { detail: String(reason), cause: reason })
    const online = this.status.state === 'online'
    const found = await this.classify(error)
    if (epoch !== this.epoch) return
    this.failures++
    // An SSH connection outlives the engine behind it and is dialled again by the transport itself. Where it went silent
    // it is given up, and now and then in any case: the engine's socket may have moved.
    const keep = this.input.kind === 'ssh' && !silences.has(error.code) && this.failures % 10 !== 0
    if (keep) this.client = null
    else this.drop()
    const { code, context } = found.error
    this.enter(found.state, {
      code,
      message: sentence(code, context.params),
      detail: context.detail,
      params: context.params,
    })
    if (online) this.listener.disconnected()
    const cap = found.state === 'unauthorised' ? timing.refusedCap : timing.retryCap
    this.schedule(backoffDelay(this.failures, { baseMs: timing.retryBase, capMs: cap }))
  }

  /** An engine that does not answer is told from a machine that is gone by one fresh connection. */
  private async classify(error: AppError): Promise<{ state: HostState; error: AppError }> {
    if (refusals.has(error.code)) return { state: 'unauthorised', error }
    if (!silences.has(error.code)) return { state: 'unreachable', error }
    const { input } = this
    const first = input.kind === 'ssh' ? (input.jump ?? input) : input
    if (!('host' in first)) return { state: 'unresponsive', error }
    try {
      const socket = await dialTcp(first.host, first.port)
      socket.destroy()
      return { state: 'unresponsive', error }
    } catch (unreachable) {
      return { state: 'unreachable', error: unreachable instanceof AppError ? unreachable : error }
    }
  }

  private leave(state: 'paused' | 'connecting'): void {
    const online = this.status.state === 'online'
    clearTimeout(this.timer)
    this.epoch++
    this.checking = false
    this.failures = 0
    this.drop()
    this.enter(state, null)
    if (online) this.listener.disconnected()
  }

  private drop(): void {
    this.client = null
    this.transport?.close().catch(() => {})
    this.transport = null
  }

  private enter(state: HostState, error: Host['error']): void {
    const same = this.status.state === state && this.status.error?.code === error?.code
    if (this.status.state !== state) this.status.stateSince = new Date().toISOString()
    if (state !== 'online') this.status.latencyMs = null
    this.status.state = state
    this.status.error = error
    if (!same) this.listener.changed()
  }
}

const round = (milliseconds: number) => Math.round(milliseconds * 10) / 10
