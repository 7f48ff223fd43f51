import type { EngineInfo, TestEvent, TestStep, TransportInput } from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../../engine/client.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { addressOf, checkTransport, toSpec } from '../../fleet/transport-secrets.ts'
import { sentence } from '../../messages.ts'
import { resolveAddress } from '../../transport/address.ts'
import { dialTcp, dialUnix, secure } from '../../transport/dial.ts'
import { openTransport } from '../../transport/index.ts'
import { connectSsh, type HostKey } from '../../transport/ssh-connection.ts'
import { findRemoteClient, findRemoteSocket } from '../../transport/ssh-socket-search.ts'

type StepName = TestStep['step']

/**
 * Tries a transport step by step, so that a failure names its step. Yields each step as it starts and as it ends, and
 * then the end. Host keys are read before any credential is sent; an unknown one ends the test with the fingerprint, to
 * be accepted by a person.
 */
export async function* testConnection(input: TransportInput, signal: AbortSignal): AsyncGenerator<TestEvent> {
  const outcome: { engine: EngineInfo | null; socketPath: string | null } = { engine: null, socketPath: null }
  const steps = [
    ...(input.kind === 'ssh' ? sshSteps(input, outcome) : directSteps(input)),
    ...engineSteps(input, outcome, signal),
  ]
  try {
    for (const step of steps) {
      if (signal.aborted) return
      yield { type: 'step', step: step.name, status: 'running' }
      const began = performance.now()
      const tookMs = () => Math.round(performance.now() - began)
      try {
        const found = await step.run()
        yield { type: 'step', step: step.name, status: 'passed', found, tookMs: tookMs() }
      } catch (reason) {
        if (signal.aborted) return
        if (reason instanceof Warning) {
          yield { ...failedStep(step.name, reason.error, tookMs()), status: 'attention' }
          continue
        }
        yield failedStep(step.name, reason, tookMs())
        yield { type: 'end', ok: false, ...outcome }
        return
      }
    }
    yield { type: 'end', ok: true, ...outcome }
  } finally {
    for (const step of steps) await step.release?.()
  }
}

interface Step {
  name: StepName
  run(): Promise<string | undefined>
  release?(): Promise<void> | void
}

/** Thrown by a step whose finding a person should know, and that is no reason to stop. */
class Warning extends Error {
  readonly error: AppError
  constructor(error: AppError) {
    super(error.message)
    this.error = error
  }
}

function failedStep(name: StepName, reason: unknown, tookMs: number): TestEvent & { type: 'step' } {
  const error = reason instanceof AppError ? reason : new AppError('internal', { detail: String(reason) })
  const { code, context } = error
  const { params = {}, detail } = context
  const step = {
    type: 'step' as const,
    step: name,
    tookMs,
    error: { code, message: sentence(code, params), detail, params },
  }
  if (code !== 'ssh_host_key_unknown' && code !== 'ssh_host_key_changed') return { ...step, status: 'failed' }
  return {
    ...step,
    status: code === 'ssh_host_key_unknown' ? 'attention' : 'failed',
    hostKey: {
      hop: params.hop === 'jump' ? 'jump' : 'target',
      fingerprint: String(params.fingerprint),
      algorithm: String(params.algorithm),
      pinned: params.pinned === undefined ? null : String(params.pinned),
    },
  }
}

function reachSteps(host: string, port: number): Step[] {
  return [
    { name: 'name', run: () => resolveAddress(host) },
    {
      name: 'port',
      async run() {
        const socket = await dialTcp(host, port)
        socket.destroy()
        return `${host}:${port}`
      },
    },
  ]
}

function directSteps(input: Exclude<TransportInput, { kind: 'ssh' }>): Step[] {
  if (input.kind === 'unix') {
    return [
      {
        name: 'socket',
        async run() {
          const socket = await dialUnix(input.socketPath)
          socket.destroy()
          return input.socketPath
        },
      },
    ]
  }
  const steps = reachSteps(input.host, input.port)
  if (input.kind === 'tcp') return steps
  return [
    ...steps,
    {
      name: 'tls',
      async run() {
        checkTransport(input)
        const socket = await secure(await dialTcp(input.host, input.port), input.host, input.port, input)
        const found = `${socket.getProtocol()}, ${socket.getPeerCertificate().subject?.CN ?? ''}`
        socket.destroy()
        return found
      },
    },
  ]
}

const loginFailures = new Set<string>(['ssh_login_refused', 'ssh_agent_missing'])

function flawOf(input: TransportInput): unknown {
  try {
    checkTransport(input)
    toSpec(input)
    return null
  } catch (flaw) {
    return flaw
  }
}

/** One SSH connection serves three steps: each waits for its part of the handshake. */
function sshSteps(
  input: Extract<TransportInput, { kind: 'ssh' }>,
  outcome: { socketPath: string | null },
): Step[] {
  const keys: HostKey[] = []
  let connection: ReturnType<typeof connectSsh> | undefined
  const first = input.jump ?? input
  const flaw = flawOf(input)
  // A key that cannot be read cannot log in: said before anything is dialled.
  if (flaw) return [{ name: 'login', run: () => Promise.reject(flaw) }]
  return [
    ...reachSteps(first.host, first.port),
    {
      name: 'hostKey',
      async run() {
        const spec = toSpec(input)
        if (spec.kind !== 'ssh') return undefined
        connection = connectSsh(spec, spec.jump, { hostKey: (key) => keys.push(key) })
        try {
          await connection
        } catch (error) {
          // The host keys met agreed: it is a login that failed, which is the next step's.
          const login = error instanceof AppError && loginFailures.has(error.code)
          if (!login) throw error
        }
        return keys.map((key) => `${key.algorithm} ${key.fingerprint}`).join(', ')
      },
    },
    {
      name: 'login',
      async run() {
        await connection
        return `${input.username}@${input.host}`
      },
    },
    {
      name: 'socket',
      async run() {
        const live = await connection
        if (!live) return undefined
        const path = input.socketPath ?? (await findRemoteSocket(live, input.host))
        try {
          const stream = await live.forward(path)
          stream.destroy()
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          await findRemoteClient(live, input.host, path, error)
        }
        outcome.socketPath = path
        return path
      },
      release: async () => {
        await connection?.then((live) => live.close()).catch(() => {})
      },
    },
  ]
}

/** An id that no container has: an engine answers 404, a proxy that lets nothing be changed refuses before it looks. */
const noContainer = '0'.repeat(64)

function engineSteps(
  input: TransportInput,
  outcome: { engine: EngineInfo | null },
  signal: AbortSignal,
): Step[] {
  let transport: ReturnType<typeof openTransport> | undefined
  let client: ReturnType<typeof createEngineClient> | undefined
  return [
    {
      name: 'engine',
      async run() {
        transport = openTransport(toSpec(input))
        client = createEngineClient(transport)
        await client.ping({ signal })
        outcome.engine = await client.connect({ signal })
        const { flavour, version, apiVersion } = outcome.engine
        return `${flavour === 'podman' ? 'Podman' : 'Docker'} ${version}, API ${apiVersion}`
      },
      // Not waited for: the channel of a stream over SSH closes when its other end agrees.
      release: () => void transport?.close().catch(() => {}),
    },
    {
      name: 'rights',
      async run() {
        let odd = 0
        const options = { signal, odd: () => odd++ }
        const containers = await client?.containers.list(options)
        await client?.images.list(options)
        await client?.containers.start(noContainer, { signal }).catch((error) => {
          if (!(error instanceof AppError)) throw error
          if (error.code !== 'container_not_found')
            throw new Warning(new AppError('engine_rights_missing', { detail: error.context.detail }))
        })
        const account = outcome.engine?.rootless ? 'rootless' : 'rootful'
        const unread = odd > 0 ? `, ${odd} rows that cannot be read` : ''
        return `${account}, ${containers?.length ?? 0} containers at ${addressOf(input)}${unread}`
      },
    },
    {
      name: 'events',
      async run() {
        if (client) await tryEvents(client, signal)
        return undefined
      },
    },
  ]
}

/** Milliseconds for the head of the event stream and for its first event; and so long it must last to be one. */
const eventsMs = { open: 5000, first: 3000, steady: 300 }
/** Seconds of the past in which something may have happened that the engine still knows of. */
const pastSeconds = 3600

/**
 * Whether changes would be told. Without events the pages go on, so that a fault is a warning. Whether something gathers
 * the stream shows by an event of the past, where there is one: it comes at once, or not at all.
 */
async function tryEvents(client: EngineClient, signal: AbortSignal): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const sinceNano = BigInt(now - pastSeconds) * 1_000_000_000n
  const stream = new AbortController()
  const both = { signal: AbortSignal.any([signal, stream.signal]), timeoutMs: eventsMs.open }
  try {
    const isOne = await hasEvent(
      await client.events({ ...both, sinceNano, untilSeconds: now }),
      eventsMs.first,
    )
    const events = await client.events({ ...both, ...(isOne ? { sinceNano } : {}) })
    const found = await hasEvent(events, isOne ? eventsMs.first : eventsMs.steady)
    if (found === false) throw new AppError('events_ended')
    if (found === null && isOne) throw new AppError('events_withheld')
  } catch (error) {
    if (signal.aborted) throw error
    const known = error instanceof AppError ? error : new AppError('engine_answer_invalid', { cause: error })
    throw new Warning(known.code === 'host_unresponsive' ? new AppError('events_withheld') : known)
  } finally {
    stream.abort()
  }
}

/** Whether an event comes; false when the stream ends without one, null when it says nothing for so many milliseconds. */
async function hasEvent(events: AsyncIterable<unknown>, milliseconds: number): Promise<boolean | null> {
  const next = events[Symbol.asyncIterator]().next()
  next.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds)
  })
  try {
    const first = await Promise.race([next, silence])
    return first && first.done !== true
  } finally {
    clearTimeout(timer)
  }
}
