import type { EngineInfo, TestEvent, TestStep, TransportInput } from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../engine/client.ts'
import { AppError } from '../errors.ts'
import { sentence } from '../messages.ts'
import { resolveAddress } from '../transport/address.ts'
import { dialTcp, dialUnix, secure } from '../transport/dial.ts'
import { openTransport } from '../transport/index.ts'
import { findRemoteSocket } from '../transport/ssh-socket-search.ts'
import { connectSsh, type HostKey } from '../transport/ssh-connection.ts'
import { addressOf, checkTransport, toSpec } from './transport-secrets.ts'

type StepName = TestStep['step']

/**
 * Tries a transport step by step, so that a failure names its step. Yields each step as it starts and as it ends, and
 * then the end. Host keys are read before any credential is sent; an unknown one ends the test with the fingerprint, to
 * be accepted by a person.
 */
export async function* testConnection(input: TransportInput, signal: AbortSignal): AsyncGenerator<TestEvent> {
  const outcome: { engine: EngineInfo | null; socketPath: string | null } = { engine: null, socketPath: null }
  const steps = input.kind === 'ssh' ? sshSteps(input, outcome) : directSteps(input)
  try {
    for (const step of [...steps, ...engineSteps(input, outcome)]) {
      signal.throwIfAborted()
      yield { type: 'step', step: step.name, status: 'running' }
      const began = performance.now()
      const tookMs = () => Math.round(performance.now() - began)
      try {
        const found = await step.run()
        yield { type: 'step', step: step.name, status: 'passed', found, tookMs: tookMs() }
      } catch (reason) {
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

function failedStep(name: StepName, reason: unknown, tookMs: number): TestEvent {
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

/** One SSH connection serves three steps: each waits for its part of the handshake. */
function sshSteps(
  input: Extract<TransportInput, { kind: 'ssh' }>,
  outcome: { socketPath: string | null },
): Step[] {
  const keys: HostKey[] = []
  let connection: ReturnType<typeof connectSsh> | undefined
  const first = input.jump ?? input
  return [
    ...reachSteps(first.host, first.port),
    {
      name: 'hostKey',
      async run() {
        checkTransport(input)
        const spec = toSpec(input)
        if (spec.kind !== 'ssh') return undefined
        connection = connectSsh(spec, spec.jump, { hostKey: (key) => keys.push(key) })
        try {
          await connection
        } catch (error) {
          // Every host key agreed: it is the login that failed, which is the next step's.
          const wanted = input.jump ? 2 : 1
          const agreed = keys.length === wanted && keys.every((key) => key.pinned === key.fingerprint)
          if (!agreed) throw error
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
        outcome.socketPath = input.socketPath ?? (await findRemoteSocket(live, input.host))
        return outcome.socketPath
      },
      release: async () => {
        await connection?.then((live) => live.close()).catch(() => {})
      },
    },
  ]
}

function engineSteps(input: TransportInput, outcome: { engine: EngineInfo | null }): Step[] {
  let transport: ReturnType<typeof openTransport> | undefined
  let client: ReturnType<typeof createEngineClient> | undefined
  return [
    {
      name: 'engine',
      async run() {
        transport = openTransport(toSpec(input))
        client = createEngineClient(transport)
        try {
          await client.ping()
          outcome.engine = await client.connect()
        } catch (error) {
          await transport.close()
          throw error
        }
        const { flavour, version, apiVersion } = outcome.engine
        return `${flavour === 'podman' ? 'Podman' : 'Docker'} ${version}, API ${apiVersion}`
      },
    },
    {
      name: 'rights',
      async run() {
        try {
          const containers = await client?.listContainers()
          await client?.listImages()
          const account = outcome.engine?.rootless ? 'rootless' : 'rootful'
          return `${account}, ${containers?.length ?? 0} containers at ${addressOf(input)}`
        } finally {
          await transport?.close()
        }
      },
    },
  ]
}
