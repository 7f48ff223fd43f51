import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blackhole, freeze, heal, killEngine, refill, restartEngine, thaw } from '#e2e/lab/faults.ts'
import { type EngineName, engineNames, labEngine } from '#e2e/lab/state.ts'
import type { Host, TransportInput } from '#lib/contracts/hosts.ts'
import { testConnection } from '../features/hosts/connection-test.ts'
import { createLog } from '../log.ts'
import { labTransport } from '../testing/lab-hosts.ts'
import type { HostChange } from './host-registry.ts'
import type { StoredHost } from './host-repository.ts'
import { createRegistry, type RunningRegistry } from './registry.ts'

/** Faults are made at docker-tls and podman-tcp only: other suites use the other engines at the same time. */
const idOf = (name: EngineName) => `h${name.replaceAll('-', '').padEnd(12, '0').slice(0, 12)}`
const stored = (name: EngineName): StoredHost => ({
  id: idOf(name),
  name,
  tags: [],
  paused: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  transport: labTransport(name),
})

let registry: RunningRegistry
const changes: HostChange[] = []
const state = (name: EngineName): Host => registry.get(idOf(name))

/** Seconds until the host is in that state. */
async function secondsUntil(name: EngineName, wanted: Host['state'], limitSeconds: number): Promise<number> {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  while (state(name).state !== wanted) {
    if (seconds() > limitSeconds) throw new Error(`${name} is ${state(name).state} after ${limitSeconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const took = Math.round(seconds() * 10) / 10
  process.stdout.write(`${name} ${wanted} after ${took} s\n`)
  return took
}

const othersStayed = (from: number, except: EngineName) =>
  expect(
    changes.slice(from).filter((change) => change.type === 'disconnected' && change.host.id !== idOf(except)),
  ).toEqual([])

beforeAll(async () => {
  registry = createRegistry(engineNames.map(stored), createLog('silent'))
  registry.subscribe((change) => changes.push(change))
  await Promise.all(engineNames.map((name) => secondsUntil(name, 'online', 20)))
})
afterAll(() => registry?.stop())

describe('hosts over every transport of the lab', () => {
  it.each(engineNames)('%s is online with engine, version and latency', (name) => {
    const host = state(name)
    const { kind, version, apiVersion } = labEngine(name)
    expect(host.error).toBeNull()
    expect(host.engine).toMatchObject({ flavour: kind, version: version.replace(/\+.*$/, '') })
    expect(Number(host.engine?.apiVersion)).toBeLessThanOrEqual(Number(apiVersion))
    expect(host.latencyMs).toBeGreaterThan(0)
  })

  it.each(engineNames)('%s passes the step-by-step test', async (name) => {
    const input = labTransport(name)
    const events = []
    for await (const event of testConnection(input, new AbortController().signal)) events.push(event)
    const passed = events.flatMap((event) =>
      event.type === 'step' && event.status === 'passed' ? event.step : [],
    )
    const steps = {
      unix: ['socket'],
      tcp: ['name', 'port'],
      tls: ['name', 'port', 'tls'],
      ssh: ['name', 'port', 'hostKey', 'login', 'socket'],
    }[input.kind]
    expect(passed).toEqual([...steps, 'engine', 'rights', 'events'])
    expect(events.at(-1)).toMatchObject({ type: 'end', ok: true, engine: { flavour: labEngine(name).kind } })
  })

  it('shows an SSH host key by fingerprint before it is accepted, and refuses a changed one', async () => {
    const input = labTransport('docker-ssh') as Extract<TransportInput, { kind: 'ssh' }>
    const last = async (transport: TransportInput) => {
      const events = []
      for await (const event of testConnection(transport, new AbortController().signal)) events.push(event)
      expect(events.at(-1)).toMatchObject({ type: 'end', ok: false })
      return events.at(-2)
    }
    const fingerprint = input.hostKey
    const unknown = {
      step: 'hostKey',
      status: 'attention',
      hostKey: { fingerprint, pinned: null, hop: 'target' },
    }
    expect(await last({ ...input, hostKey: undefined })).toMatchObject(unknown)
    const pinned = `SHA256:${'A'.repeat(43)}`
    const changed = { step: 'hostKey', status: 'failed', hostKey: { fingerprint, pinned } }
    expect(await last({ ...input, hostKey: pinned })).toMatchObject(changed)
    expect(await last({ ...input, username: 'nobody-here' })).toMatchObject({
      step: 'login',
      status: 'failed',
      error: { code: 'ssh_login_refused' },
    })
    expect(await last({ ...input, socketPath: '/run/nothing.sock' })).toMatchObject({
      step: 'socket',
      status: 'failed',
      error: { code: 'socket_not_found' },
    })
  })

  it('names a client certificate that the engine refuses', async () => {
    const input = { ...labTransport('docker-tls'), cert: undefined, key: undefined } as TransportInput
    const events = []
    for await (const event of testConnection(input, new AbortController().signal)) events.push(event)
    expect(events.at(-2)).toMatchObject({ status: 'failed', error: { code: 'tls_client_refused' } })
    registry.add({ ...stored('docker-tls'), id: 'hwithoutcert0', name: 'without', transport: input })
    try {
      while (registry.get('hwithoutcert0').state === 'connecting')
        await new Promise((resolve) => setTimeout(resolve, 20))
      expect(registry.get('hwithoutcert0')).toMatchObject({
        state: 'unauthorised',
        error: { code: 'tls_client_refused' },
      })
    } finally {
      registry.remove('hwithoutcert0')
    }
  })
})

describe('faults of one host among healthy ones', () => {
  it('calls a frozen engine unresponsive within 10 s, and has it back within 5 s', async () => {
    const from = changes.length
    freeze('docker-tls')
    try {
      expect(await secondsUntil('docker-tls', 'unresponsive', 15)).toBeLessThanOrEqual(10)
      // It stays so over the attempts that follow, whatever step of the handshake they hang in.
      await new Promise((resolve) => setTimeout(resolve, 8000))
      expect(state('docker-tls')).toMatchObject({
        state: 'unresponsive',
        error: { code: 'host_unresponsive' },
      })
    } finally {
      thaw('docker-tls')
    }
    expect(await secondsUntil('docker-tls', 'online', 10)).toBeLessThanOrEqual(5)
    othersStayed(from, 'docker-tls')
  }, 60_000)

  it('calls a black-holed host unreachable within 30 s, and has it back within 5 s', async () => {
    const from = changes.length
    await blackhole('podman-tcp')
    try {
      expect(await secondsUntil('podman-tcp', 'unreachable', 35)).toBeLessThanOrEqual(30)
      expect(state('podman-tcp').error).toMatchObject({ code: 'connection_timed_out' })
    } finally {
      await heal('podman-tcp')
    }
    expect(await secondsUntil('podman-tcp', 'online', 10)).toBeLessThanOrEqual(5)
    othersStayed(from, 'podman-tcp')
  }, 90_000)

  it('notices a killed engine, and that it is back', async () => {
    const from = changes.length
    await killEngine('podman-tcp')
    try {
      await secondsUntil('podman-tcp', 'unreachable', 10)
    } finally {
      await restartEngine('podman-tcp')
    }
    expect(await secondsUntil('podman-tcp', 'online', 10)).toBeLessThanOrEqual(5)
    await refill('podman-tcp')
    othersStayed(from, 'podman-tcp')
  }, 60_000)
})
