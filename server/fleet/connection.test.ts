import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect as connectSocket, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type ServerChannel } from 'ssh2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TransportInput } from '#lib/contracts/hosts.ts'
import { type SmallEngine, startSmallEngine } from '../testing/small-engine.ts'
import { HostConnection, timing } from './connection.ts'

const ends: (() => unknown)[] = []
const usual = { ...timing }

beforeEach(() => {
  Object.assign(timing, { pingEvery: 100, pingTimeout: 300, retryBase: 20, retryCap: 100, refusedCap: 200 })
})

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  Object.assign(timing, usual)
})

function connect(input: TransportInput) {
  const said: string[] = []
  const connection: HostConnection = new HostConnection(input, {
    changed: () => said.push(connection.status.state),
    connected: () => said.push('+'),
    answered() {},
    disconnected: () => said.push('-'),
  })
  ends.push(() => connection.stop())
  connection.start()
  return { connection, said }
}

async function small(): Promise<{ engine: SmallEngine; input: TransportInput }> {
  const engine = await startSmallEngine()
  ends.push(() => engine.close())
  return { engine, input: { kind: 'tcp', host: '127.0.0.1', port: engine.port } }
}

const becomes = (connection: HostConnection, state: string) =>
  vi.waitFor(() => expect(connection.status.state).toBe(state), { timeout: 30_000, interval: 10 })

describe('a host connection', () => {
  it('comes online with version, latency and client, and says so once', async () => {
    const { input } = await small()
    const { connection, said } = connect(input)
    await becomes(connection, 'online')
    expect(said).toEqual(['connecting', 'online', '+'])
    expect(connection.status.engine).toMatchObject({
      flavour: 'docker',
      version: '20.10.24',
      apiVersion: '1.41',
    })
    expect(connection.status.latencyMs).toBeGreaterThan(0)
    expect(connection.status.lastSeenAt).not.toBeNull()
    expect(connection.engine.info?.hostname).toBe('small')
  })

  it('calls an engine that accepts and never answers unresponsive, keeps what it knows, and comes back', async () => {
    const { engine, input } = await small()
    const { connection, said } = connect(input)
    await becomes(connection, 'online')
    engine.behaviour = 'hang'
    await becomes(connection, 'unresponsive')
    expect(connection.status.error).toMatchObject({ code: 'host_unresponsive' })
    expect(connection.status.error?.message).toMatch(/does not answer/)
    expect(connection.status).toMatchObject({ latencyMs: null, engine: { version: '20.10.24' } })
    expect(() => connection.engine).toThrow(expect.objectContaining({ code: 'host_unresponsive' }))
    engine.behaviour = 'answer'
    await becomes(connection, 'online')
    expect(said).toEqual(['connecting', 'online', '+', 'unresponsive', '-', 'online', '+'])
  })

  it('calls one that was hung from the start unresponsive', async () => {
    const { engine, input } = await small()
    engine.behaviour = 'hang'
    const { connection } = connect(input)
    await becomes(connection, 'unresponsive')
  })

  it('calls a TLS port that never shakes hands unresponsive, and not unreachable', async () => {
    const { engine, input } = await small()
    await engine.close()
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(engine.port, '127.0.0.1', resolve))
    ends.push(() => mute.close())
    timing.pingTimeout = 5000
    const { connection } = connect({ ...input, kind: 'tls' } as TransportInput)
    await vi.waitFor(() => expect(connection.status.error).not.toBeNull(), { timeout: 30_000 })
    expect(connection.status.state).toBe('unresponsive')
  })

  it('says at once that nothing listens, and asks a new version after the engine came back', async () => {
    const { engine, input } = await small()
    const { connection } = connect(input)
    await becomes(connection, 'online')
    await engine.close()
    connection.suspect()
    await becomes(connection, 'unreachable')
    expect(connection.status.error).toMatchObject({
      code: 'connection_refused',
      params: { port: engine.port },
    })
    engine.version = '28.5.2'
    await engine.listen()
    await becomes(connection, 'online')
    expect(connection.status.engine?.version).toBe('28.5.2')
  })

  it('takes one cut connection for no outage, but for a possible upgrade', async () => {
    const { engine, input } = await small()
    const { connection, said } = connect(input)
    await becomes(connection, 'online')
    engine.version = '28.5.2'
    engine.behaviour = 'cut'
    await vi.waitFor(() => expect(connection.status.engine?.version).toBe('28.5.2'), { timeout: 30_000 })
    expect(said).not.toContain('-')
    expect(connection.status.state).toBe('online')
  })

  it('names what is no engine', async () => {
    const { engine, input } = await small()
    engine.behaviour = 'garbage'
    const { connection } = connect(input)
    await becomes(connection, 'unreachable')
    expect(connection.status.error).toMatchObject({ code: 'not_an_engine' })
  })

  it('pauses, ends its stream of pings, and resumes', async () => {
    const { engine, input } = await small()
    const { connection, said } = connect(input)
    await becomes(connection, 'online')
    connection.stop()
    expect(connection.status.state).toBe('paused')
    expect(said.slice(-2)).toEqual(['paused', '-'])
    expect(() => connection.engine).toThrow(expect.objectContaining({ code: 'host_paused' }))
    const asked = engine.asked.length
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(engine.asked.length).toBe(asked)
    connection.start()
    await becomes(connection, 'online')
  })

  it('forgets a check that a restart overtook', async () => {
    const { engine, input } = await small()
    engine.behaviour = 'hang'
    const { connection, said } = connect(input)
    await vi.waitFor(() => expect(engine.asked.length).toBe(1), { timeout: 30_000 })
    const other = await small()
    connection.retarget(other.input)
    connection.restart()
    await becomes(connection, 'online')
    // Longer than the old ping's timeout: its failure must not reach the new connection.
    await new Promise((resolve) => setTimeout(resolve, 600))
    // Another latency is said as well, and is no failure.
    expect(said.filter((each, index) => each !== 'online' || index === 1)).toEqual([
      'connecting',
      'online',
      '+',
    ])
  })

  it('reports a socket it may not open as unauthorised, a missing one as unreachable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'connection-test-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const socketPath = join(folder, 'engine.sock')
    const missing = connect({ kind: 'unix', socketPath })
    await becomes(missing.connection, 'unreachable')
    expect(missing.connection.status.error).toMatchObject({
      code: 'socket_not_found',
      params: { path: socketPath },
    })
    expect(missing.connection.status.error?.message).toContain(socketPath)
    const server: Server = createServer()
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    ends.push(() => server.close())
    // No mode stops root: the test gives its rights up for the moment.
    chmodSync(folder, 0)
    if (process.geteuid?.() === 0) {
      process.seteuid?.(65534)
      ends.unshift(() => process.seteuid?.(0))
    }
    const forbidden = connect({ kind: 'unix', socketPath })
    await becomes(forbidden.connection, 'unauthorised')
    expect(forbidden.connection.status.error).toMatchObject({ code: 'socket_forbidden' })
  })

  it('reports an agent that is not there as unauthorised, without dialling', async () => {
    vi.stubEnv('SSH_AUTH_SOCK', '')
    ends.push(() => vi.unstubAllEnvs())
    const { connection } = connect({
      kind: 'ssh',
      host: '127.0.0.1',
      port: 9,
      username: 'root',
      auth: 'agent',
    })
    await becomes(connection, 'unauthorised')
    expect(connection.status.error).toMatchObject({ code: 'ssh_agent_missing' })
  })

  it('keeps its one SSH connection while the engine behind it restarts', async () => {
    // Nothing is silent here, and on a busy machine a first greeting takes longer than a ping may elsewhere.
    timing.pingTimeout = 30_000
    const { engine } = await small()
    const ssh = await startSshServer(engine)
    const { connection } = connect(ssh.input)
    await becomes(connection, 'online')
    await engine.close()
    connection.suspect()
    await becomes(connection, 'unreachable')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await engine.listen()
    await becomes(connection, 'online')
    expect(ssh.logins).toBe(1)
  })
})

/** An SSH server whose every streamlocal channel leads to the engine, and to "open failed" where it is not. */
async function startSshServer(engine: SmallEngine) {
  const host = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
  const user = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
  const started = { logins: 0, input: undefined as unknown as TransportInput }
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (attempt) => attempt.accept())
    client.on('ready', () => {
      started.logins++
      client.on('openssh.streamlocal', (accept, reject) => {
        const upstream = connectSocket(engine.port, '127.0.0.1')
        let channel: ServerChannel | undefined
        upstream.once('connect', () => {
          channel = accept()
          channel.on('error', () => upstream.destroy())
          channel.on('close', () => upstream.destroy())
          channel.pipe(upstream).pipe(channel)
        })
        upstream.on('error', () => (channel ? channel.close() : reject()))
      })
      client.on('session', (_accept, reject) => reject())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  ends.push(() => server.close())
  const blob = Buffer.from(host.public.split(' ')[1] as string, 'base64')
  started.input = {
    kind: 'ssh',
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    username: 'ops',
    auth: 'key',
    privateKey: user.private,
    socketPath: '/run/docker.sock',
    hostKey: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  }
  return started
}
