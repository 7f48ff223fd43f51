import type { EngineInfo, TestEvent, TestStep, TransportInput } from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../engine/client.ts'
import { AppError } from '../errors.ts'
import { sentence } from '../messages.ts'
import { resolveAddress } from '../transport/address.ts'
import { dialTcp, dialUnix, secure } from '../transport/dial.ts'
import { openTransport } from '../transport/index.ts'
import { connectSsh, type HostKey } from '../transport/ssh-connection.ts'
import { findRemoteClient, findRemoteSocket } from '../transport/ssh-socket-search.ts'
import { addressOf, checkTransport, toSpec } from './transport-secrets.ts'

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
      release: () => transport?.close(),
    },
    {
      name: 'rights',
      async run() {
        const containers = await client?.listContainers({ signal })
        await client?.listImages({ signal })
        await client?.startContainer(noContainer, { signal }).catch((error) => {
          if (!(error instanceof AppError)) throw error
          if (error.code !== 'container_not_found')
            throw new Warning(new AppError('engine_rights_missing', { detail: error.context.detail }))
        })
        const account = outcome.engine?.rootless ? 'rootless' : 'rootful'
        return `${account}, ${containers?.length ?? 0} containers at ${addressOf(input)}`
      },
    },
  ]
}
