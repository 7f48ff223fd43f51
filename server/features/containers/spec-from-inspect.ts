import { emptySpec } from '#lib/containers/spec.ts'
import type { EngineFlavour } from '#lib/contracts/common.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { toMount } from '#lib/docker-run/values.ts'
import { type ImageConfig, type Inspected, isPlainGpu, isPlainMount } from './inspected.ts'
import { same } from './merge.ts'
import { networksOf } from './spec-networks.ts'

/**
 * What a container was made with, from its inspect document: what it has from its image is left out, so that a newer
 * image brings its own. Podman writes its defaults into the document; they are left out as well.
 */
export function specFromInspect(
  inspect: Inspected,
  image: ImageConfig | null,
  flavour: EngineFlavour,
): ContainerSpec {
  const { Config: config, HostConfig: host } = inspect
  const podman = flavour === 'podman'
  const spec = emptySpec(config.Image)
  const own = <T>(value: T | null | undefined, ofImage: T | null | undefined): T | undefined =>
    value === null || value === undefined || same(value, ofImage) ? undefined : value
  const put = <K extends keyof ContainerSpec>(field: K, value: ContainerSpec[K] | undefined | null) => {
    if (value !== undefined && value !== null && value !== '') spec[field] = value
  }
  put('name', inspect.Name.replace(/^\//, ''))
  const entrypoint = own(config.Entrypoint ?? [], image?.Entrypoint ?? [])
  // One empty word is how "none" was said.
  put('entrypoint', entrypoint && (same(entrypoint, ['']) ? [] : entrypoint))
  put('command', entrypoint ? (config.Cmd ?? undefined) : own(config.Cmd ?? [], image?.Cmd ?? []))
  spec.env = environment(config, image?.Env ?? [], podman)
  spec.labels = Object.entries(config.Labels ?? {})
    .filter(([name, value]) => image?.Labels?.[name] !== value)
    .map(([name, value]) => ({ name, value }))
  put('workdir', own(config.WorkingDir, image?.WorkingDir || (podman ? '/' : '')))
  put('user', own(config.User, image?.User ?? ''))
  spec.groups = host.GroupAdd ?? []
  const alone = host.NetworkMode === 'host' || host.NetworkMode.startsWith('container:')
  // Without a word the hostname is the beginning of the id, or what the shared network says.
  if (!alone && config.Hostname && config.Hostname !== inspect.Id.slice(0, 12) && host.UTSMode !== 'host')
    put('hostname', config.Hostname)
  spec.tty = config.Tty ?? false
  spec.stdin = config.OpenStdin ?? false
  spec.init = host.Init ?? false
  spec.autoRemove = host.AutoRemove ?? false
  spec.ports = portsOf(host.PortBindings ?? {})
  spec.publishAll = host.PublishAllPorts ?? false
  spec.mounts = mountsOf(inspect, podman)
  spec.networks = networksOf(inspect)
  const { Name: policy, MaximumRetryCount: retries = 0 } = host.RestartPolicy ?? {}
  if (policy === 'always' || policy === 'unless-stopped') spec.restart = { policy }
  if (policy === 'on-failure') spec.restart = { policy, ...(retries > 0 ? { retries } : {}) }
  spec.limits = limitsOf(host, podman)
  spec.ulimits = ulimitsOf(host, podman)
  const health = own(config.Healthcheck, image?.Healthcheck)
  if (health?.Test?.length) {
    const seconds = (nano: number | undefined) => (nano ?? 0) / 1e9
    spec.health = {
      test: health.Test,
      interval: seconds(health.Interval),
      timeout: seconds(health.Timeout),
      startPeriod: seconds(health.StartPeriod),
      retries: health.Retries ?? 0,
    }
  }
  const { Type: driver = '', Config: options } = host.LogConfig ?? {}
  const plain = podman ? ['journald', 'k8s-file', 'json-file', ''] : ['json-file', '']
  if (!plain.includes(driver) || Object.keys(options ?? {}).length > 0)
    spec.log = {
      driver,
      options: Object.entries(options ?? {}).map(([name, value]) => ({ name, value })),
    }
  spec.privileged = host.Privileged ?? false
  spec.readOnly = host.ReadonlyRootfs ?? false
  // Privileged has them all: the list then says nothing.
  spec.capAdd = spec.privileged ? [] : (host.CapAdd ?? [])
  spec.capDrop = spec.privileged ? [] : (host.CapDrop ?? [])
  spec.securityOptions = (host.SecurityOpt ?? []).filter(
    (option) => !(spec.privileged && /^label[=:]disable$/.test(option)),
  )
  spec.devices = (host.Devices ?? []).map((device) => ({
    host: device.PathOnHost,
    container: device.PathInContainer,
    permissions: device.CgroupPermissions || 'rwm',
  }))
  const gpu = (host.DeviceRequests ?? []).find(isPlainGpu)
  if (gpu) put('gpus', gpu.Count === -1 ? 'all' : String(gpu.Count))
  spec.dns = host.Dns ?? []
  spec.dnsSearch = host.DnsSearch ?? []
  spec.extraHosts = host.ExtraHosts ?? []
  spec.sysctls = Object.entries(host.Sysctls ?? {}).map(([name, value]) => ({ name, value }))
  const signal = own(signalName(config.StopSignal), signalName(image?.StopSignal))
  if (signal !== 'SIGTERM') put('stopSignal', signal)
  // Podman 4 has 0 where another client said nothing.
  if (!(podman && (config.StopTimeout === 10 || config.StopTimeout === 0)))
    put('stopTimeout', config.StopTimeout)
  const namespace = (mode: string | undefined) =>
    mode === 'private' || mode === 'shareable' || mode === 'default' ? undefined : mode
  put('pidMode', namespace(host.PidMode))
  put('ipcMode', namespace(host.IpcMode))
  put('utsMode', namespace(host.UTSMode))
  put('usernsMode', namespace(host.UsernsMode))
  return spec
}

function environment(
  { Env, Hostname }: Inspected['Config'],
  ofImage: readonly string[],
  podman: boolean,
): ContainerSpec['env'] {
  const made = new Set(
    podman ? ['container=podman', 'container=oci', `HOSTNAME=${Hostname}`, 'TERM=xterm'] : [],
  )
  const home = podman ? /^HOME=(\/|\/root)$/ : /^$/
  const path = /^PATH=\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin$/
  return (Env ?? [])
    .filter((entry) => !ofImage.includes(entry) && !made.has(entry) && !home.test(entry) && !path.test(entry))
    .map((entry) => {
      const at = entry.indexOf('=')
      return at < 0 ? { name: entry, value: '' } : { name: entry.slice(0, at), value: entry.slice(at + 1) }
    })
}

function portsOf(bindings: NonNullable<Inspected['HostConfig']['PortBindings']>): ContainerSpec['ports'] {
  return Object.entries(bindings).flatMap(([key, hosts]) => {
    const [port = '', protocol = 'tcp'] = key.split('/')
    return (hosts ?? []).map(({ HostIp = '', HostPort = '' }) => ({
      hostIp: HostIp === '0.0.0.0' ? '' : HostIp,
      hostPort: HostPort === '0' ? '' : HostPort,
      containerPort: Number(port),
      protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : ('tcp' as const),
    }))
  })
}

/** What Podman adds to every bind; to a volume it adds two more. */
const podmanBindOptions = ['rprivate', 'rbind']
const podmanVolumeOptions = [...podmanBindOptions, 'nosuid', 'nodev']

function mountsOf({ HostConfig: host, Mounts }: Inspected, podman: boolean): ContainerSpec['mounts'] {
  const binds = (host.Binds ?? []).flatMap((bind) => {
    const mount = podman ? mountOfPodman(bind, Mounts ?? []) : toMount(bind)
    if (!mount) return []
    // Podman lists anonymous volumes here too, by the name it gave.
    if (mount.type === 'volume' && isAnonymous(mount.source)) return []
    const added = podman ? (mount.type === 'bind' ? podmanBindOptions : podmanVolumeOptions) : []
    return [{ ...mount, options: mount.options.filter((option) => !added.includes(option)) }]
  })
  const mounts = (host.Mounts ?? []).filter(isPlainMount).map((mount) => ({
    type: mount.Type as 'bind' | 'volume' | 'tmpfs',
    source: mount.Source ?? '',
    target: mount.Target,
    readOnly: mount.ReadOnly ?? false,
    options: [],
  }))
  const tmpfs = Object.entries(host.Tmpfs ?? {}).map(([target, text]) => {
    const options = text.split(',').filter((option) => option !== '' && option !== 'rw')
    const added = podman ? podmanVolumeOptions.concat('tmpcopyup') : []
    return {
      type: 'tmpfs' as const,
      source: '',
      target,
      readOnly: options.includes('ro'),
      options: options.filter((option) => option !== 'ro' && !added.includes(option)),
    }
  })
  // What Podman mounts by itself over a root that is read-only.
  const byItself = (mount: (typeof tmpfs)[number]) =>
    podman &&
    host.ReadonlyRootfs === true &&
    mount.options.length === 0 &&
    /^\/(run|tmp|var\/tmp|dev|dev\/shm)$/.test(mount.target)
  return [...binds, ...mounts, ...tmpfs.filter((mount) => !byItself(mount))]
}

/** Podman writes any path into `Binds`, colons and all: which part is which, its list of mounts tells. */
function mountOfPodman(bind: string, mounts: NonNullable<Inspected['Mounts']>): ReturnType<typeof toMount> {
  for (const { Type, Name, Source = '', Destination } of mounts) {
    const source = Type === 'volume' ? (Name ?? '') : Source
    const head = `${source}:${Destination}`
    if (bind !== head && !bind.startsWith(`${head}:`)) continue
    const options = bind
      .slice(head.length + 1)
      .split(',')
      .filter(Boolean)
    return {
      type: Type === 'volume' ? 'volume' : 'bind',
      source,
      target: Destination,
      readOnly: options.includes('ro'),
      options: options.filter((one) => one !== 'ro' && one !== 'rw'),
    }
  }
  return toMount(bind)
}

export function isAnonymous(volume: string): boolean {
  return /^[0-9a-f]{64}$/.test(volume)
}

const default2048 = 2048
const defaultShm: readonly number[] = [67_108_864, 65_536_000]

function limitsOf(host: Inspected['HostConfig'], podman: boolean): ContainerSpec['limits'] {
  const { Memory = 0, MemorySwap = 0, NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0, PidsLimit, ShmSize } = host
  const cpus = NanoCpus > 0 ? NanoCpus / 1e9 : CpuQuota > 0 ? CpuQuota / (CpuPeriod || 100_000) : 0
  const pids = PidsLimit && PidsLimit > 0 && !(podman && PidsLimit === default2048) ? PidsLimit : 0
  return {
    ...(Memory > 0 ? { memory: Memory } : {}),
    ...(host.MemoryReservation ? { memoryReservation: host.MemoryReservation } : {}),
    // Twice the memory is what engines put in by themselves.
    ...(MemorySwap !== 0 && MemorySwap !== 2 * Memory ? { memorySwap: MemorySwap } : {}),
    ...(cpus > 0 ? { cpus } : {}),
    ...(host.CpuShares ? { cpuShares: host.CpuShares } : {}),
    ...(host.CpusetCpus ? { cpuset: host.CpusetCpus } : {}),
    ...(pids > 0 ? { pids } : {}),
    ...(ShmSize && !defaultShm.includes(ShmSize) ? { shmSize: ShmSize } : {}),
  }
}

function ulimitsOf(host: Inspected['HostConfig'], podman: boolean): ContainerSpec['ulimits'] {
  return (host.Ulimits ?? [])
    .map(({ Name, Soft, Hard }) => ({
      name: Name.replace(/^RLIMIT_/, '').toLowerCase(),
      soft: Soft,
      hard: Hard,
    }))
    .filter(({ name, soft, hard }) => !(podman && ['nofile', 'nproc'].includes(name) && soft === hard))
}

/** Podman says signals by number. */
function signalName(signal: string | number | undefined): string | undefined {
  if (signal === undefined || signal === '') return undefined
  const numbers: Record<string, string> = {
    1: 'SIGHUP',
    2: 'SIGINT',
    3: 'SIGQUIT',
    9: 'SIGKILL',
    15: 'SIGTERM',
  }
  return numbers[signal] ?? String(signal)
}
