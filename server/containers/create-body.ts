import { standsAlone } from '#lib/container-spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import type { CreateBody } from '../engine/create.ts'

const nanoseconds = 1e9

/** A network that a container is put into after it was made: engines before API 1.44 take only one at once. */
export interface FurtherNetwork {
  name: string
  endpoint: Record<string, unknown>
}

/**
 * The engine's body for a spec. Fields that a spec knows are always its own; `kept` are fields of HostConfig and Config
 * that it has no word for, taken from the container that is made anew.
 */
export function createBody(
  spec: ContainerSpec,
  kept: { config: Record<string, unknown>; hostConfig: Record<string, unknown> } = {
    config: {},
    hostConfig: {},
  },
): { body: CreateBody; further: FurtherNetwork[] } {
  const [first, ...others] = spec.networks
  const endpoints = first && !standsAlone(first.name) ? { [first.name]: endpointOf(first) } : undefined
  return {
    body: {
      ...kept.config,
      ...config(spec),
      Image: spec.image,
      HostConfig: {
        ...kept.hostConfig,
        ...hostConfig(spec, kept.hostConfig),
        ...(first ? { NetworkMode: first.name } : {}),
      },
      ...(endpoints ? { NetworkingConfig: { EndpointsConfig: endpoints } } : {}),
    },
    further: others.map((network) => ({ name: network.name, endpoint: endpointOf(network) })),
  }
}

function endpointOf({ aliases, ip }: ContainerSpec['networks'][number]): Record<string, unknown> {
  const address = ip.includes(':') ? { IPv6Address: ip } : { IPv4Address: ip }
  return {
    ...(aliases.length > 0 ? { Aliases: aliases } : {}),
    ...(ip === '' ? {} : { IPAMConfig: address }),
  }
}

/** Only what is said: an empty field would take the image's default away. */
function config(spec: ContainerSpec): Record<string, unknown> {
  const { health } = spec
  return defined({
    Hostname: spec.hostname || undefined,
    User: spec.user || undefined,
    WorkingDir: spec.workdir || undefined,
    Tty: spec.tty || undefined,
    OpenStdin: spec.stdin || undefined,
    Env: some(spec.env.map(({ name, value }) => `${name}=${value}`)),
    Labels: some(spec.labels) && record(spec.labels),
    Cmd: spec.command,
    // An empty list is taken for "the image's"; one empty word is none.
    Entrypoint: spec.entrypoint && (spec.entrypoint.length > 0 ? spec.entrypoint : ['']),
    ExposedPorts: some(spec.ports) && Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    StopSignal: spec.stopSignal || undefined,
    StopTimeout: spec.stopTimeout,
    Healthcheck: health && {
      Test: health.test,
      Interval: Math.round(health.interval * nanoseconds),
      Timeout: Math.round(health.timeout * nanoseconds),
      StartPeriod: Math.round(health.startPeriod * nanoseconds),
      Retries: health.retries,
    },
  })
}

function hostConfig(spec: ContainerSpec, kept: Record<string, unknown>): Record<string, unknown> {
  const { limits } = spec
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const port of spec.ports) {
    bindings[portKey(port)] = [
      ...(bindings[portKey(port)] ?? []),
      { HostIp: port.hostIp, HostPort: port.hostPort },
    ]
  }
  const keptRequests = (kept.DeviceRequests as unknown[] | undefined) ?? []
  return defined({
    PortBindings: some(spec.ports) && bindings,
    PublishAllPorts: spec.publishAll || undefined,
    Binds: some(
      spec.mounts
        .filter(({ type, source }) => type !== 'tmpfs' && source !== '')
        .map(({ source, target, readOnly, options }) =>
          [source, target, [...(readOnly ? ['ro'] : []), ...options].join(',')].filter(Boolean).join(':'),
        ),
    ),
    Mounts: some([
      ...((kept.Mounts as unknown[] | undefined) ?? []),
      ...spec.mounts
        .filter(({ type, source }) => type === 'volume' && source === '')
        .map(({ target, readOnly }) => ({ Type: 'volume', Target: target, ReadOnly: readOnly })),
    ]),
    Tmpfs: some(spec.mounts.filter(({ type }) => type === 'tmpfs')) && tmpfs(spec),
    RestartPolicy: { Name: spec.restart.policy, MaximumRetryCount: spec.restart.retries ?? 0 },
    AutoRemove: spec.autoRemove || undefined,
    Init: spec.init || undefined,
    Memory: limits.memory || undefined,
    MemoryReservation: limits.memoryReservation || undefined,
    MemorySwap: limits.memorySwap || undefined,
    NanoCpus: limits.cpus ? Math.round(limits.cpus * nanoseconds) : undefined,
    CpuShares: limits.cpuShares || undefined,
    CpusetCpus: limits.cpuset || undefined,
    PidsLimit: limits.pids || undefined,
    ShmSize: limits.shmSize || undefined,
    Ulimits: some(spec.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }))),
    LogConfig: spec.log && { Type: spec.log.driver, Config: record(spec.log.options) },
    Privileged: spec.privileged || undefined,
    ReadonlyRootfs: spec.readOnly || undefined,
    CapAdd: some(spec.capAdd),
    CapDrop: some(spec.capDrop),
    SecurityOpt: some(spec.securityOptions),
    GroupAdd: some(spec.groups),
    Devices: some(
      spec.devices.map(({ host, container, permissions }) => ({
        ...{ PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions },
      })),
    ),
    DeviceRequests: some([...keptRequests, ...gpuRequest(spec.gpus)]),
    Dns: some(spec.dns),
    DnsSearch: some(spec.dnsSearch),
    ExtraHosts: some(spec.extraHosts),
    Sysctls: some(spec.sysctls) && record(spec.sysctls),
    PidMode: spec.pidMode || undefined,
    IpcMode: spec.ipcMode || undefined,
    UTSMode: spec.utsMode || undefined,
    UsernsMode: spec.usernsMode || undefined,
  })
}

function gpuRequest(gpus: string | undefined): object[] {
  if (!gpus) return []
  return [{ Driver: '', Count: gpus === 'all' ? -1 : Number(gpus), Capabilities: [['gpu']] }]
}

function tmpfs(spec: ContainerSpec): Record<string, string> {
  return Object.fromEntries(
    spec.mounts
      .filter(({ type }) => type === 'tmpfs')
      .map(({ target, readOnly, options }) => [target, [...(readOnly ? ['ro'] : []), ...options].join(',')]),
  )
}

function portKey({ containerPort, protocol }: ContainerSpec['ports'][number]): string {
  return `${containerPort}/${protocol}`
}

function record(rows: readonly { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

function some<T>(rows: readonly T[]): readonly T[] | undefined {
  return rows.length > 0 ? rows : undefined
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
