import { type EngineContext, given, timeouts } from './context.ts'
import { understood } from './errors.ts'
import { parseNdjson } from './ndjson.ts'
import { type EngineRequest, segments, send, sendForJson } from './request.ts'
import type { CallOptions } from './types.ts'

/** The counters of one running container at one moment, as the engine keeps them. Rates come from two (server/features/stats). */
export interface StatsReading {
  id: string
  /** Milliseconds since 1970 by the engine's clock. */
  at: number
  /** Nanoseconds of CPU used since its start. */
  cpuNano: number
  /** Nanoseconds that all CPUs of the host spent, as Docker counts; null on Podman, which reports something else there. */
  systemNano: number | null
  onlineCpus: number | null
  /** Bytes without the page cache that can be dropped, as the docker CLI shows. */
  memoryBytes: number
  memoryLimitBytes: number | null
  /** Bytes since its start; null without a network of its own. */
  receivedBytes: number | null
  sentBytes: number | null
  readBytes: number
  writtenBytes: number
  pids: number | null
}

/** Resource use. Docker is asked container by container; Podman for all of a host, which costs it one request. */
export interface StatsCalls {
  /** One reading; null when it does not run. Docker 20.10 takes a second for it, 25 and newer answer at once. */
  readStats(id: string, options?: CallOptions): Promise<StatsReading | null>
  /** About one a second until the engine ends it or the signal aborts; null while it does not run. */
  followStats(id: string, options: { signal: AbortSignal }): Promise<AsyncIterable<StatsReading | null>>
}

export interface HostStatsCalls {
  /** Podman: all that run. */
  readStats(options?: CallOptions): Promise<StatsReading[]>
  /** Podman: all that run, once a second. */
  followStats(options: { signal: AbortSignal }): Promise<AsyncIterable<StatsReading[]>>
}

export function createStatsCalls(context: EngineContext): StatsCalls {
  const { transport, docker } = context
  const stats = (id: string, query: EngineRequest['query']) => ({
    method: 'GET' as const,
    path: docker(`/containers/${segments(id)}/stats`),
    query,
    subject: 'container' as const,
    timeoutMs: timeouts.read,
  })
  return {
    async readStats(id, options) {
      // one-shot: no wait for a second sample, since we keep the one before.
      const request = { ...stats(id, { stream: false, 'one-shot': true }), ...given(options) }
      const { json } = await sendForJson<DockerStats | undefined>(transport, request)
      return understood(() => (json ? fromDockerStats(id, json) : null))
    },
    async followStats(id, { signal }) {
      const { body } = await send(transport, { ...stats(id, { stream: true }), signal })
      return mapped(body, transport, (raw: DockerStats) => fromDockerStats(id, raw))
    },
  }
}

export function createHostStatsCalls({ transport, libpod }: EngineContext): HostStatsCalls {
  const hostStats = (query: EngineRequest['query']) => ({
    method: 'GET' as const,
    path: libpod('/containers/stats'),
    query,
    timeoutMs: timeouts.read,
  })
  return {
    async readStats(options) {
      const request = { ...hostStats({ stream: false }), ...given(options) }
      const { json } = await sendForJson<LibpodReport>(transport, request)
      return understood(() => fromLibpodReport(json))
    },
    async followStats({ signal }) {
      const { body } = await send(transport, { ...hostStats({ stream: true, interval: 1 }), signal })
      return mapped(body, transport, fromLibpodReport)
    },
  }
}

/** The stream's values, line by line. Throws AppError when it is cut. */
async function* mapped<Raw, T>(
  body: AsyncIterable<Uint8Array>,
  transport: EngineContext['transport'],
  normalise: (raw: Raw) => T,
): AsyncGenerator<T> {
  try {
    for await (const raw of parseNdjson<Raw>(body)) yield understood(() => normalise(raw))
  } catch (error) {
    throw transport.explain(error)
  }
}

/** The part of Docker's answer that we read. */
export interface DockerStats {
  read: string
  cpu_stats: {
    cpu_usage: { total_usage: number; percpu_usage?: number[] | null }
    system_cpu_usage?: number
    online_cpus?: number
  }
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> }
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }> | null
  blkio_stats: { io_service_bytes_recursive?: { op: string; value: number }[] | null }
  pids_stats: { current?: number }
}

/** Null for a container that does not run: Docker answers all zeros for it, with no time of reading. */
export function fromDockerStats(id: string, raw: DockerStats): StatsReading | null {
  const at = Date.parse(raw.read)
  const { cpu_usage: usage, system_cpu_usage: system, online_cpus: online } = raw.cpu_stats
  if (!(at > 0) || !system) return null
  const networks = raw.networks ? Object.values(raw.networks) : null
  const sum = (of: (network: { rx_bytes: number; tx_bytes: number }) => number) =>
    networks && networks.reduce((total, network) => total + of(network), 0)
  const io = raw.blkio_stats.io_service_bytes_recursive ?? []
  // "Read" on cgroup v1, "read" on v2.
  const bytes = (letter: string) =>
    io.reduce((total, { op, value }) => total + (op[0]?.toLowerCase() === letter ? value : 0), 0)
  return {
    id,
    at,
    cpuNano: counted(usage.total_usage),
    systemNano: counted(system),
    onlineCpus: online || usage.percpu_usage?.length || null,
    memoryBytes: withoutCache(raw.memory_stats),
    memoryLimitBytes: raw.memory_stats.limit || null,
    receivedBytes: sum((network) => counted(network.rx_bytes)),
    sentBytes: sum((network) => counted(network.tx_bytes)),
    readBytes: bytes('r'),
    writtenBytes: bytes('w'),
    pids: raw.pids_stats.current ?? null,
  }
}

/** As the docker CLI: the inactive files of the whole tree on cgroup v1, of the group on v2, where less than the usage. */
function withoutCache({ usage, stats }: DockerStats['memory_stats']): number {
  const used = counted(usage ?? 0)
  const cache = stats?.total_inactive_file ?? stats?.inactive_file ?? 0
  return cache < used ? used - cache : used
}

/** One line of libpod's `containers/stats`. */
export interface LibpodReport {
  Error: unknown
  Stats: LibpodStats[] | null
}
export interface LibpodStats {
  ContainerID: string
  CPUNano: number
  /** The wall clock, in spite of its name: nanoseconds since 1970. Zero when it does not run. */
  SystemNano: number
  MemUsage: number
  MemLimit: number
  /** Until 4.x. */
  NetInput?: number
  NetOutput?: number
  /** From 5.0, by interface. */
  Network?: Record<string, { RxBytes: number; TxBytes: number }> | null
  BlockInput: number
  BlockOutput: number
  PIDs: number
}

/**
 * Those that run. Podman's own CPU percentage is left aside: its first one is the average of the container's life. It
 * gives no cache to subtract. Throws TypeError for an error told in the stream.
 */
export function fromLibpodReport(report: LibpodReport): StatsReading[] {
  if (!report.Stats && report.Error) {
    throw new TypeError(`containers/stats: ${JSON.stringify(report.Error).slice(0, 300)}`)
  }
  return (report.Stats ?? []).filter(({ SystemNano }) => SystemNano > 0).map(fromLibpodStats)
}

function fromLibpodStats(raw: LibpodStats): StatsReading {
  const networks = raw.Network === undefined ? null : Object.values(raw.Network ?? {})
  const sum = (of: (network: { RxBytes: number; TxBytes: number }) => number) =>
    (networks ?? []).reduce((total, network) => total + of(network), 0)
  return {
    id: raw.ContainerID,
    at: raw.SystemNano / 1e6,
    cpuNano: counted(raw.CPUNano),
    systemNano: null,
    onlineCpus: null,
    memoryBytes: counted(raw.MemUsage),
    memoryLimitBytes: raw.MemLimit || null,
    // 4.x names what the container sent its input: compared with /proc/net/dev inside, in stats.engine.test.ts.
    receivedBytes: networks ? sum((network) => network.RxBytes) : (raw.NetOutput ?? null),
    sentBytes: networks ? sum((network) => network.TxBytes) : (raw.NetInput ?? null),
    readBytes: counted(raw.BlockInput),
    writtenBytes: counted(raw.BlockOutput),
    pids: raw.PIDs,
  }
}

/** A counter as it came, or TypeError: it goes into sums and charts. */
function counted(value: number): number {
  if (typeof value !== 'number' || !(value >= 0)) throw new TypeError(`Not a counter: ${String(value)}`)
  return value
}
