import { standsAlone, withoutBrackets } from '#lib/containers/spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import type { CreateBody } from '../../engine/create.ts'
import { mountFields } from './mount-fields.ts'

const nanoseconds = 1e9

/** A network that a container is put into after it was made: engines before API 1.44 take only one at once. */
export interface FurtherNetwork {
  name: string
  endpoint: Record<string, unknown>
}

/** The engine's body for a spec, with all of its networks in it; see `splitNetworks`. */
export function createBody(spec: ContainerSpec): CreateBody {
  const [first] = spec.networks
  // Podman reads the mode `bridge` as its default network, and has none of that name to give an endpoint in.
  const isDefaultBridge = first?.name === 'bridge' && first.ip === '' && first.aliases.length === 0
  const endpoints = spec.networks
    .filter((network) => !standsAlone(network.name) && !(network === first && isDefaultBridge))
    .map((network) => [network.name, endpointOf(network)] as const)
  return {
    ...config(spec),
    Image: spec.image,
    HostConfig: { ...hostConfig(spec), ...(first ? { NetworkMode: first.name } : {}) },
    ...(endpoints.length > 0 ? { NetworkingConfig: { EndpointsConfig: Object.fromEntries(endpoints) } } : {}),
  }
}

/**
 * A body with the one network that a container may be made in, and those that it joins after.
 * @param options.macOfContainer the hardware address goes where engines before API 1.44 look for it
 */
export function splitNetworks(
  { NetworkingConfig, ...body }: CreateBody,
  { macOfContainer }: { macOfContainer: boolean },
): { body: CreateBody; further: FurtherNetwork[] } {
  const all = Object.entries(NetworkingConfig?.EndpointsConfig ?? {})
  const mode = body.HostConfig.NetworkMode
  const first =
    all.find(([name]) => name === mode) ?? all.find(([name]) => isDefault(name) && isDefault(mode))
  const further = all.filter((entry) => entry !== first).map(([name, endpoint]) => ({ name, endpoint }))
  if (!first) return { body: body as CreateBody, further }
  const [name, whole] = first
  const { MacAddress, ...endpoint } = whole
  return {
    body: {
      ...(body as CreateBody),
      ...(MacAddress && macOfContainer ? { MacAddress } : {}),
      NetworkingConfig: { EndpointsConfig: { [name]: macOfContainer ? endpoint : whole } },
    },
    further,
  }
}

/** Docker 20.10's word for the bridge, and none at all. */
const isDefault = (network: unknown) => network === undefined || network === 'default' || network === 'bridge'

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

function hostConfig(spec: ContainerSpec): Record<string, unknown> {
  const { limits } = spec
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const port of spec.ports) {
    bindings[portKey(port)] = [
      ...(bindings[portKey(port)] ?? []),
      { HostIp: withoutBrackets(port.hostIp), HostPort: port.hostPort },
    ]
  }
  return defined({
    PortBindings: some(spec.ports) && bindings,
    PublishAllPorts: spec.publishAll || undefined,
    ...mountFields(spec.mounts),
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
        PathOnHost: host,
        PathInContainer: container,
        CgroupPermissions: permissions,
      })),
    ),
    DeviceRequests: some(gpuRequest(spec.gpus)),
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
  const ids = /^device=(.+)$/.exec(gpus)?.[1]?.split(',')
  const count = gpus === 'all' ? -1 : Number(gpus)
  return [{ Driver: '', ...(ids ? { DeviceIDs: ids } : { Count: count }), Capabilities: [['gpu']] }]
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
