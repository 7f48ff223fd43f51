import type { EngineInfo, Host, HostState, TransportInput } from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../engine/client.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { backoffDelay } from '../live/backoff.ts'
import { sentence } from '../messages.ts'
import { dialTcp } from '../transport/dial.ts'
import { openTransport } from '../transport/index.ts'
import type { Transport } from '../transport/types.ts'
import { toSpec } from './transport-secrets.ts'

/** Milliseconds. A hung engine is named after at most interval + timeout = 9 s. */
export const timing = {
  pingEvery: 4000,
  pingTimeout: 5000,
  /** Ceiling of the delay between attempts: with dialling's 3 s a healed host is back within 5 s. */
  retryCap: 1900,
  retryBase: 500,
  /** Refused credentials don't heal by themselves; hammering sshd gets us banned. */
  refusedCap: 30_000,
}

/** Errors that mean: it is there, and will not have us. */
const refusals = new Set<string>([
  ...[
    'tls_client_refused',
    'ssh_login_refused',
    'ssh_host_key_unknown',
    'ssh_host_key_changed',
    'ssh_agent_missing',
  ],
  ...['socket_forbidden', 'engine_rights_missing', 'key_passphrase_wrong', 'key_passphrase_missing'],
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
  disconnected(): void
}

/**
 * One host's connection: dials, pings, says what state it is in, and dials again. Shares nothing with other hosts, so
 * that a dead one costs them nothing.
 */
export class HostConnection {
  readonly status: ConnectionStatus
  private readonly input: TransportInput
  private readonly listener: ConnectionListener
  private transport: Transport | null = null
  private client: EngineClient | null = null
  private timer: NodeJS.Timeout | undefined
  private failures = 0
  private checking = false
  private stopped = true
  private announcedLatency = 0

  constructor(input: TransportInput, listener: ConnectionListener, lastSeenAt: string | null = null) {
    this.input = input
    this.listener = listener
    this.status = {
      state: 'paused',
      stateSince: new Date().toISOString(),
      engine: null,
      latencyMs: null,
      lastSeenAt,
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
    const online = this.status.state === 'online'
    this.stopped = true
    clearTimeout(this.timer)
    this.drop()
    this.enter('paused', null)
    if (online) this.listener.disconnected()
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
    this.checking = true
    try {
      if (this.status.state === 'online' && this.client) {
        this.seen(await this.client.ping({ timeoutMs: timing.pingTimeout }))
      } else {
        await this.dial()
      }
      this.failures = 0
      if (!this.stopped) this.schedule(timing.pingEvery)
    } catch (error) {
      if (!this.stopped) await this.failed(error)
    } finally {
      this.checking = false
    }
  }

  private async dial(): Promise<void> {
    // A transport that reached the engine before is kept: its SSH connection may be alive while the engine restarts.
    this.transport ??= openTransport(toSpec(this.input))
    const client = createEngineClient(this.transport)
    const latency = await client.ping({ timeoutMs: timing.pingTimeout })
    this.status.engine = await client.connect()
    if (this.stopped) return
    this.client = client
    this.status.latencyMs = round(latency)
    this.status.lastSeenAt = new Date().toISOString()
    this.enter('online', null)
    this.listener.connected(client)
  }

  private seen(latency: number): void {
    this.status.latencyMs = round(latency)
    this.status.lastSeenAt = new Date().toISOString()
    if (performance.now() - this.announcedLatency < 10_000) return
    this.announcedLatency = performance.now()
    this.listener.changed()
  }

  private async failed(reason: unknown): Promise<void> {
    const error =
      reason instanceof AppError
        ? reason
        : new AppError('internal', { detail: String(reason), cause: reason })
    const online = this.status.state === 'online'
    const found = await this.classify(error)
    if (this.stopped) return
    this.drop()
    this.failures++
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
