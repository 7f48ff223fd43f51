import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface SimulatedEngine {
  readonly port: number
  /** Open TCP connections. */
  readonly connections: number
  /** Requests for stats so far, and streams of them that are open. */
  readonly stats: { requests: number; streams: number }
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
  Version: '20.10.24',
  ApiVersion: '1.41',
  MinAPIVersion: '1.12',
  Os: 'linux',
  Arch: 'amd64',
}
const imageId = `sha256:${'a'.repeat(64)}`
const images = [
  { Id: imageId, RepoTags: ['registry.example/team/service:1.2.3'], Created: 1_767_225_600, Size: 1_000_000 },
]
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
    // Told apart by the first 12 characters, as real ones are.
    id: (hex(options.number, 4) + hex(index, 8)).padEnd(64, '0'),
    name: `service-${index}`,
    running: true,
    changedAt: Date.now(),
  }))
  const byId = new Map(containers.map((container) => [container.id, container]))
  const listeners = new Set<ServerResponse>()
  const sockets = new Set<Socket>()
  let silent = false
  /** The one that an engine would tell who asks for the past; none before the first. */
  let lastEvent = ''
  let turn = 0
  const stats = { requests: 0, streams: 0 }

  const answers: [RegExp, (id: string) => unknown][] = [
    [/^\/version$/, () => version],
    [/^\/info$/, () => ({ Name: `sim-${options.number}`, NCPU: 4, MemTotal: 8 * 1024 ** 3 })],
    [/^\/containers\/json$/, () => containers.map(listed)],
    [/^\/containers\/([0-9a-f]{64})\/json$/, (id) => inspected(byId.get(id))],
    [/^\/images\/json$/, () => images],
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
      if (request.url?.includes('until=')) return response.end(lastEvent)
      if (request.url?.includes('since=')) response.write(lastEvent)
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
      return
    }
    const read = /^\/containers\/([0-9a-f]{12,64})\/stats$/.exec(path)?.[1]
    if (read) {
      stats.requests++
      response.setHeader('content-type', 'application/json')
      // 20.10 answers at its next round of reading: within a second.
      if (/stream=false/.test(request.url ?? '')) {
        setTimeout(() => response.end(JSON.stringify(statsOf(read))), 1000)
        return
      }
      stats.streams++
      const timer = setInterval(() => response.write(`${JSON.stringify(statsOf(read))}\n`), 1000)
      response.on('close', () => {
        stats.streams--
        clearInterval(timer)
      })
      return
    }
    for (const [pattern, answer] of answers) {
      const found = pattern.exec(path)
      if (found) {
        const body = answer(found[1] ?? '')
        if (body === null) continue
        response.setHeader('content-type', 'application/json')
        return response.end(JSON.stringify(body))
      }
    }
    response.writeHead(404).end(JSON.stringify({ message: `not found: ${path}` }))
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stats,
    get connections() {
      return sockets.size
    },
    change() {
      const container = containers[turn++ % containers.length] as SimulatedContainer
      container.running = !container.running
      container.changedAt = Date.now()
      const event = {
        Type: 'container',
        Action: container.running ? 'start' : 'die',
        scope: 'local',
        Actor: { ID: container.id, Attributes: { name: container.name } },
        time: Math.floor(container.changedAt / 1000),
        timeNano: container.changedAt * 1e6,
      }
      lastEvent = `${JSON.stringify(event)}\n`
      for (const listener of listeners) listener.write(lastEvent)
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
    Id: id,
    Names: [`/${name}`],
    Image: 'registry.example/team/service:1.2.3',
    ImageID: imageId,
    Command: '/usr/bin/service --port 8080',
    Created: 1_767_225_600,
    Labels: labels,
    Ports: [{ IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 8000, Type: 'tcp' }],
    State: running ? 'running' : 'exited',
    Status: running ? 'Up 3 hours (healthy)' : 'Exited (0) 1 second ago',
    NetworkSettings: { Networks: { bridge: {} } },
  }
}

/** As 20.10 answers on cgroup v1: a tenth of a core, and all the counters that a real answer carries. */
function statsOf(id: string) {
  const now = Date.now()
  const cpu = (at: number) => ({
    cpu_usage: { total_usage: at * 1e5, percpu_usage: [at * 5e4, at * 5e4], usage_in_kernelmode: 21e7 },
    system_cpu_usage: at * 4e6,
    online_cpus: 4,
    throttling_data: { periods: 22_962, throttled_periods: 22_958, throttled_time: 2_148_998_657_529 },
  })
  const memory = Object.fromEntries(memoryCounters.map((name, index) => [name, index * 4096]))
  return {
    read: new Date(now).toISOString(),
    preread: new Date(now - 1000).toISOString(),
    pids_stats: { current: 7 },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 8, minor: 0, op: 'Read', value: now % 1e9 },
        { major: 8, minor: 0, op: 'Write', value: now % 1e9 },
      ],
      io_serviced_recursive: [],
      io_queue_recursive: [],
      io_time_recursive: [],
      sectors_recursive: [],
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(now),
    precpu_stats: cpu(now - 1000),
    memory_stats: { usage: 104_857_600, max_usage: 209_715_200, stats: memory, limit: 536_870_912 },
    name: `/${id}`,
    id,
    networks: { eth0: { rx_bytes: now % 1e9, rx_packets: 15, tx_bytes: now % 1e9, tx_packets: 9 } },
  }
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')

const memoryCounters = [
  'active_anon',
  'active_file',
  'cache',
  'inactive_anon',
  'inactive_file',
  'rss',
].flatMap((name) => [name, `total_${name}`])

function inspected(container: SimulatedContainer | undefined) {
  if (!container) return null
  const { id, name, running, changedAt } = container
  return {
    Id: id,
    Name: `/${name}`,
    Created: '2026-01-01T00:00:00Z',
    Image: imageId,
    RestartCount: 0,
    Path: '/usr/bin/service',
    Args: ['--port', '8080'],
    State: {
      Status: running ? 'running' : 'exited',
      ExitCode: 0,
      Health: { Status: 'healthy' },
      StartedAt: new Date(running ? changedAt : 0).toISOString(),
      FinishedAt: new Date(running ? 0 : changedAt).toISOString(),
    },
    Config: { Image: 'registry.example/team/service:1.2.3', Labels: labels },
    HostConfig: { NetworkMode: 'default' },
    NetworkSettings: {
      Ports: { '8080/tcp': [{ HostIp: '0.0.0.0', HostPort: '8000' }] },
      Networks: { bridge: {} },
    },
  }
}
