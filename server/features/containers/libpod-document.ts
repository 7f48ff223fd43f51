import { defined, filled, namespaceOf } from './libpod-body.ts'
import { type Option, optionsOfCommand } from './podman-command.ts'
import { commands, inspected } from './podman-options.ts'

type Fields = Record<string, unknown>

/** The parts of libpod's inspect document that Docker's schema has no place for. */
export interface LibpodInspect {
  Id: string
  Rootfs?: string
  Dependencies?: string[] | null
  IsInfra?: boolean
  Mounts?:
    | { Type: string; Source: string; Destination: string; RW: boolean; Options?: string[] | null }[]
    | null
  Config: {
    Annotations?: Record<string, string> | null
    CreateCommand?: string[] | null
    Timezone?: string
    Umask?: string
    Timeout?: number
    StopTimeout?: number
    sdNotifyMode?: string
    Secrets?: { Name: string; UID: number; GID: number; Mode: number }[] | null
    ChrootDirs?: string[] | null
    ExposedPorts?: Record<string, object> | null
    HealthcheckOnFailureAction?: string
    StartupHealthCheck?: Fields | null
    HealthcheckLogDestination?: string
    HealthcheckMaxLogCount?: number
    HealthcheckMaxLogSize?: number
  }
  HostConfig: {
    CgroupMode?: string
    Cgroups?: string
    CgroupParent?: string
    CgroupConf?: Record<string, string> | null
    IDMappings?: { UidMap?: string[] | null; GidMap?: string[] | null } | null
    LogConfig?: { Type?: string; Size?: string; Tag?: string }
    IpcMode?: string
    UsernsMode?: string
    NetworkMode: string
    PidsLimit?: number
    Ulimits?: { Name: string; Soft: number; Hard: number }[] | null
    ReadonlyRootfs?: boolean
    Tmpfs?: Record<string, string> | null
    OomScoreAdj?: number
    OomKillDisable?: boolean
    MemorySwappiness?: number
    MemorySwap?: number
    CpuPeriod?: number
    CpuQuota?: number
    CpuRealtimePeriod?: number
    CpuRealtimeRuntime?: number
    CpusetMems?: string
    DnsOptions?: string[] | null
    [more: string]: unknown
  }
}

/** What a container has beyond its form, as fields of libpod's body; and the options of its command that no field has. */
export interface LibpodExtras {
  fields: Fields
  /** Options that only the command tells, to be in the new one's command too. */
  told: Option[]
  lost: string[]
}

export function libpodExtras(document: LibpodInspect): LibpodExtras {
  const options = optionsOfCommand(document.Config.CreateCommand) ?? []
  const fields: Fields = fieldsOfInspect(document)
  const told: Option[] = []
  const lost: string[] = []
  // Those beside --network are about the first.
  const isNetwork = ({ name }: Option) => name === 'network'
  for (const option of [...options.filter(isNetwork), ...options.filter((one) => !isNetwork(one))]) {
    if (inspected.has(option.name)) continue
    const read = commands[option.name]
    if (read) {
      read(fields, option.value)
      told.push(option)
    } else lost.push(option.value === 'true' ? `--${option.name}` : `--${option.name} ${option.value}`)
  }
  if (document.Rootfs) lost.push('--rootfs')
  return { fields, told, lost }
}

function fieldsOfInspect({ Config: config, HostConfig: host, Mounts, Dependencies }: LibpodInspect): Fields {
  const images = (Mounts ?? []).filter(({ Type }) => Type === 'image')
  const mapping = host.IDMappings
  const annotations = Object.entries(config.Annotations ?? {}).filter(([name]) => !isPodmans(name))
  const memory = filled({
    // Podman says 0 for unset too; what was asked for is in the command.
    swappiness: (host.MemorySwappiness ?? 0) > 0 ? host.MemorySwappiness : undefined,
    disableOOMKiller: host.OomKillDisable || undefined,
    swap: host.MemorySwap || undefined,
  })
  const cpu = filled({
    period: host.CpuPeriod || undefined,
    quota: host.CpuQuota || undefined,
    mems: host.CpusetMems || undefined,
    realtimePeriod: host.CpuRealtimePeriod || undefined,
    realtimeRuntime: host.CpuRealtimeRuntime || undefined,
  })
  return defined({
    resource_limits: filled({
      memory,
      cpu,
      pids: { limit: host.PidsLimit === 0 ? -1 : host.PidsLimit },
    }),
    r_limits: (host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({
      // Podman puts it before every name that it gets.
      type: Name.replace(/^RLIMIT_/, ''),
      soft: Soft,
      hard: Hard,
    })),
    ...(mapping?.UidMap?.length || mapping?.GidMap?.length
      ? {
          userns: { nsmode: 'private' },
          idmappings: {
            HostUIDMapping: false,
            HostGIDMapping: false,
            AutoUserNs: false,
            AutoUserNsOpts: {},
            UIDMap: mapOf(mapping.UidMap),
            GIDMap: mapOf(mapping.GidMap),
          },
        }
      : {}),
    ipcns: namespaceOf(host.IpcMode),
    cgroupns: namespaceOf(host.CgroupMode),
    cgroups_mode: host.Cgroups && host.Cgroups !== 'default' ? host.Cgroups : undefined,
    cgroup_parent: host.CgroupParent || undefined,
    unified: host.CgroupConf && Object.keys(host.CgroupConf).length > 0 ? host.CgroupConf : undefined,
    oom_score_adj: host.OomScoreAdj || undefined,
    dns_option: host.DnsOptions?.length ? host.DnsOptions : undefined,
    ...throttles(host),
    image_volumes: images.length
      ? images.map(({ Source, Destination, RW }) => ({ Source, Destination, ReadWrite: RW }))
      : undefined,
    dependencyContainers: Dependencies?.length ? Dependencies : undefined,
    annotations: annotations.length > 0 ? Object.fromEntries(annotations) : undefined,
    secrets: config.Secrets?.length
      ? config.Secrets.map(({ Name, UID, GID, Mode }) => ({ Source: Name, Target: Name, UID, GID, Mode }))
      : undefined,
    timezone: config.Timezone || undefined,
    umask: config.Umask || undefined,
    timeout: config.Timeout || undefined,
    stop_timeout: config.StopTimeout,
    sdnotifyMode: config.sdNotifyMode || undefined,
    chroot_directories: config.ChrootDirs?.length ? config.ChrootDirs : undefined,
    read_write_tmpfs: host.ReadonlyRootfs ? '/run' in (host.Tmpfs ?? {}) : undefined,
    expose: exposed(config.ExposedPorts),
    health_check_on_failure_action: onFailure[config.HealthcheckOnFailureAction ?? ''],
    startupHealthConfig: config.StartupHealthCheck ?? undefined,
    healthLogDestination: config.HealthcheckLogDestination || undefined,
    healthMaxLogCount: config.HealthcheckMaxLogCount || undefined,
    healthMaxLogSize: config.HealthcheckMaxLogSize || undefined,
    log_configuration: host.LogConfig?.Type
      ? defined({
          driver: host.LogConfig.Type,
          size: sizeOf(host.LogConfig.Size),
          options: host.LogConfig.Tag ? { tag: host.LogConfig.Tag } : undefined,
        })
      : undefined,
  })
}

/** define.HealthCheckOnFailureAction of Podman's sources. */
const onFailure: Readonly<Record<string, number>> = { kill: 2, restart: 3, stop: 4 }

/** Podman's own notes among the annotations. */
const isPodmans = (name: string) =>
  /^(?:io\.container\.manager|io\.kubernetes\.cri-o\.|io\.podman\.annotations\.|org\.opencontainers\.image\.|org\.systemd\.property\.)/.test(
    name,
  )

function mapOf(lines: readonly string[] | null | undefined): object[] {
  return (lines ?? []).map((line) => {
    const [inside, outside, size] = line.split(':').map(Number)
    return { container_id: inside, host_id: outside, size }
  })
}

function throttles(host: LibpodInspect['HostConfig']): Fields {
  const of = (field: string) => {
    const rows = (host[field] ?? []) as { Path: string; Rate?: number; Weight?: number }[] | null
    return rows?.length ? rows : undefined
  }
  const rates = (field: string) =>
    of(field) && Object.fromEntries((of(field) ?? []).map(({ Path, Rate }) => [Path, { rate: Rate }]))
  const weights = of('BlkioWeightDevice')
  return {
    throttleReadBpsDevice: rates('BlkioDeviceReadBps'),
    throttleWriteBpsDevice: rates('BlkioDeviceWriteBps'),
    throttleReadIOPSDevice: rates('BlkioDeviceReadIOps'),
    throttleWriteIOPSDevice: rates('BlkioDeviceWriteIOps'),
    weightDevice:
      weights && Object.fromEntries(weights.map(({ Path, Weight }) => [Path, { weight: Weight }])),
  }
}

function exposed(ports: Record<string, object> | null | undefined): Fields | undefined {
  const entries = Object.keys(ports ?? {}).map((key) => key.split('/'))
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([port = '', protocol = 'tcp']) => [port, protocol]))
}

/** Bytes of `10MB`, as Podman prints a log's size (steps of 1000). */
function sizeOf(text: string | undefined): number | undefined {
  const match = /^([\d.]+)([kMGT]?)B$/.exec(text ?? '')
  if (!match) return undefined
  const power = ['', 'k', 'M', 'G', 'T'].indexOf(match[2] as string)
  return Math.round(Number(match[1]) * 1000 ** power) || undefined
}
