import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface SimulatedEngine {
  readonly port: number
  /** Open TCP connections. */
  readonly connections: number
  /** Stops or restarts the next container in turn and sends its event. Returns its id. */
  change(): string
  /** From now on it accepts and answers nothing, as a host behind a firewall that drops does. */
  goSilent(): void
  close(): void
}

interface SimulatedContainer {
  id: string
  name: string
  running: boolean
  changedAt: number
}

const version = {
  ...{ Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' },
}
const imageId = `sha256:${'a'.repeat(64)}`
const labels = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'api',
  team: 'platform',
}

/**
 * A Docker engine with as many containers as wanted, for scale benchmarks only: what a hundred hosts cost us cannot be
 * seen with real ones on one machine. It speaks just what the dashboard asks for while nobody looks at details.
 */
export async function startSimulatedEngine(options: {
  number: number
  containers: number
}): Promise<SimulatedEngine> {
  const containers: SimulatedContainer[] = Array.from({ length: options.containers }, (_, index) => ({
    id: options.number.toString(16).padStart(32, '0') + index.toString(16).padStart(32, '0'),
    name: `service-${index}`,
    running: true,
    changedAt: Date.now(),
  }))
  const byId = new Map(containers.map((container) => [container.id, container]))
  const listeners = new Set<ServerResponse>()
  const sockets = new Set<Socket>()
  let silent = false
  let turn = 0

  const answers: [RegExp, (id: string) => unknown][] = [
    [/^\/version$/, () => version],
    [/^\/info$/, () => ({ Name: `sim-${options.number}`, NCPU: 4, MemTotal: 8 * 1024 ** 3 })],
    [/^\/containers\/json$/, () => containers.map(listed)],
    [/^\/containers\/([0-9a-f]{64})\/json$/, (id) => inspected(byId.get(id) as SimulatedContainer)],
    [/^\/images\/json$/, () => [{ Id: imageId, RepoTags: ['registry.example/team/service:1.2.3'] }]],
    [/^\/volumes$/, () => ({ Volumes: [] })],
    [/^\/networks$/, () => []],
  ]
  const server = createServer((request, response) => {
    if (silent) return
    response.setHeader('api-version', '1.41')
    const path = (request.url ?? '').replace(/\?.*/, '').replace(/^\/v[\d.]+/, '')
    if (path === '/_ping') return response.end('OK')
    if (path === '/events') {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
      return
    }
    for (const [pattern, answer] of answers) {
      const found = pattern.exec(path)
      if (found) {
        response.setHeader('content-type', 'application/json')
        return response.end(JSON.stringify(answer(found[1] ?? '')))
      }
    }
    response.writeHead(404).end(JSON.stringify({ message: `page not found: ${path}` }))
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size
    },
    change() {
      const container = containers[turn++ % containers.length] as SimulatedContainer
      container.running = !container.running
      container.changedAt = Date.now()
      const event = {
        ...{ Type: 'container', Action: container.running ? 'start' : 'die', scope: 'local' },
        Actor: { ID: container.id, Attributes: { name: container.name } },
        time: Math.floor(container.changedAt / 1000),
        timeNano: container.changedAt * 1e6,
      }
      for (const listener of listeners) listener.write(`${JSON.stringify(event)}\n`)
      return container.id
    },
    goSilent() {
      silent = true
      for (const listener of listeners) listener.removeAllListeners('close')
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function listed({ id, name, running }: SimulatedContainer) {
  return {
    ...{ Id: id, Names: [`/${name}`], Image: 'registry.example/team/service:1.2.3', ImageID: imageId },
    ...{ Command: '/usr/bin/service --port 8080', Created: 1_767_225_600, Labels: labels },
    Ports: [{ IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 8000, Type: 'tcp' }],
    State: running ? 'running' : 'exited',
    Status: running ? 'Up 3 hours (healthy)' : 'Exited (0) 1 second ago',
    NetworkSettings: { Networks: { bridge: {} } },
  }
}

function inspected({ id, name, running, changedAt }: SimulatedContainer) {
  return {
    ...{ Id: id, Name: `/${name}`, Created: '2026-01-01T00:00:00Z', Image: imageId, RestartCount: 0 },
    ...{ Path: '/usr/bin/service', Args: ['--port', '8080'] },
    State: {
      ...{ Status: running ? 'running' : 'exited', ExitCode: 0, Health: { Status: 'healthy' } },
      StartedAt: new Date(running ? changedAt : 0).toISOString(),
      FinishedAt: new Date(running ? 0 : changedAt).toISOString(),
    },
    Config: { Image: 'registry.example/team/service:1.2.3', Labels: labels },
    NetworkSettings: {
      Ports: { '8080/tcp': [{ HostIp: '0.0.0.0', HostPort: '8000' }] },
      Networks: { bridge: {} },
    },
  }
}
