import {
  flag,
  ignored,
  isNeutral,
  limit,
  list,
  map,
  object,
  oneOf,
  type Read,
  refuse,
  text,
  whole,
  words,
} from './read.ts'
import * as values from './values.ts'

/** The limits of Docker's `Resources`, as create and update take them. */
const limits: Record<string, Read> = {
  Memory: whole(0),
  MemoryReservation: whole(0),
  MemorySwap: whole(-1),
  MemorySwappiness: whole(-1, 100),
  NanoCpus: whole(0),
  CpuShares: whole(0, 262_144),
  CpuPeriod: whole(0, 1_000_000),
  CpuQuota: whole(-1),
  CpusetCpus: text(/^[\d,-]{0,256}$/),
  CpusetMems: text(/^[\d,-]{0,256}$/),
  PidsLimit: whole(-1),
  BlkioWeight: whole(0, 1000),
  Ulimits: list(object({ Name: text(values.isUlimit), Soft: limit, Hard: limit })),
}
/** Windows' counts among them. */
const noLimits = [
  'CgroupParent',
  'BlkioWeightDevice',
  'BlkioDeviceReadBps',
  'BlkioDeviceWriteBps',
  'BlkioDeviceReadIOps',
  'BlkioDeviceWriteIOps',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'Devices',
  'DeviceCgroupRules',
  'DeviceRequests',
  'KernelMemory',
  'KernelMemoryTCP',
  'OomKillDisable',
  'CpuCount',
  'CpuPercent',
  'IOMaximumIOps',
  'IOMaximumBandwidth',
]
const restartPolicy = object({ Name: values.restartName, MaximumRetryCount: whole(0, 1_000_000) })

/** `POST /containers/{id}/update`: limits and the restart policy. */
export const readUpdate = object({ ...limits, RestartPolicy: restartPolicy }, noLimits)

/** Rows and columns of a terminal. */
const consoleSize = list(whole(0, 10_000))

/** `POST /containers/{id}/exec`. What the container is, is looked at besides. */
export const readExec = object(
  {
    AttachStdin: flag,
    AttachStdout: flag,
    AttachStderr: flag,
    Tty: flag,
    ConsoleSize: consoleSize,
    Cmd: words,
    Env: list(text(values.isAssignment)),
    User: values.user,
    WorkingDir: values.folder,
    DetachKeys: text(/^[\w@^[\],\\-]{0,200}$/),
    // Docker's command and docker-py repeat them here.
    Detach: ignored,
    Container: ignored,
  },
  ['Privileged', 'PreserveFDs', 'PreserveFD'],
)

/** `POST /exec/{id}/start`; h and w are Podman's. */
export const readExecStart = object({
  Detach: flag,
  Tty: flag,
  ConsoleSize: consoleSize,
  h: whole(0, 10_000),
  w: whole(0, 10_000),
  // dockerode's own options.
  hijack: ignored,
  stdin: ignored,
})

/** Of the query: dockerode says it in the body as well. */
const aboutCommit = /^(?:container|repo|tag|comment|author|pause)$/

/** `POST /commit`: the image has the container's own configuration. Clients say nothing by null, or by every field empty. */
export const readCommit: Read = (value) => {
  const said = Object.entries(value ?? {}).find(([name, each]) => !isNeutral(each) && !aboutCommit.test(name))
  return said ? refuse(said[0], 'refused', 'A commit keeps the configuration of its container') : null
}

/** `POST /libpod/exec/{id}/remove`. */
export const readExecRemove = object({ Force: flag })

const portKey = /^\d{1,5}(?:-\d{1,5})?(?:\/(?:tcp|udp|sctp))?$/
const bindings: Read = (value, path) =>
  value === null ? [] : list(object({ HostIp: values.addressOrNone, HostPort: values.hostPort }))(value, path)

/** `name:/target:options`, of a volume. A path of the host's in place of the name is what is refused. */
const bind = text((value) => {
  const [name = '', target = '', options, ...more] = value.split(':')
  const known = ['ro', 'rw', 'nocopy', 'z', 'Z', '']
  return (
    values.volumeName.test(name) &&
    values.isPath(target) &&
    (options === undefined || options.split(',').every((option) => known.includes(option))) &&
    more.length === 0
  )
}, 'Only volumes, as name:/path')

const mount: Read = (value, path) => {
  const read = object(
    {
      Type: oneOf('volume', 'tmpfs'),
      Source: text((name) => name === '' || values.volumeName.test(name), 'Only volumes, by name'),
      Target: values.path,
      ReadOnly: flag,
      VolumeOptions: object({ NoCopy: flag }, ['Labels', 'DriverConfig', 'Subpath']),
      TmpfsOptions: object({ SizeBytes: whole(0), Mode: whole(0, 0o7777) }, ['Options']),
    },
    ['Consistency', 'BindOptions', 'ImageOptions', 'ClusterOptions'],
  )(value, path) as { Type?: string; Source?: string } | undefined
  if (!read?.Type) return refuse(`${path}.Type`, 'value')
  if (read.Type === 'tmpfs' && read.Source) return refuse(`${path}.Source`, 'value')
  return read
}

const network = text(values.isNetwork, 'default, bridge, none, or a network by its name')
const endpoint: Read = (value, path) =>
  value === null
    ? {}
    : object(
        {
          Aliases: list(values.hostName),
          IPAMConfig: object({ IPv4Address: values.addressOrNone, IPv6Address: values.addressOrNone }, [
            'LinkLocalIPs',
          ]),
        },
        [
          'Links',
          'MacAddress',
          'DriverOpts',
          'NetworkID',
          'EndpointID',
          'Gateway',
          'IPAddress',
          'IPPrefixLen',
          'IPv6Gateway',
          'GlobalIPv6Address',
          'GlobalIPv6PrefixLen',
          'DNSNames',
          'GwPriority',
        ],
      )(value, path)

/** Absent, or null: an empty list takes the engine's own away. */
const onlyNull: Read = (_value, path) => refuse(path, 'refused')

const hostConfig = object(
  {
    ...limits,
    Binds: list(bind),
    Mounts: list(mount),
    Tmpfs: values.tmpfs,
    ShmSize: whole(0),
    NetworkMode: (value, path) => (value === '' ? undefined : network(value, path)),
    PortBindings: map((key) => portKey.test(key), bindings),
    PublishAllPorts: flag,
    RestartPolicy: restartPolicy,
    AutoRemove: flag,
    Init: flag,
    ReadonlyRootfs: flag,
    CapDrop: list(values.capability),
    SecurityOpt: list(oneOf('no-new-privileges', 'no-new-privileges:true', 'no-new-privileges=true')),
    LogConfig: object({ Type: values.logDriver, Config: values.logOption }),
    Dns: list(values.address),
    DnsSearch: list(values.domain),
    DnsOptions: list(values.dnsOption),
    ExtraHosts: list(values.extraHost),
    ConsoleSize: consoleSize,
    ContainerIDFile: ignored,
    IpcMode: oneOf('', 'private', 'none', 'shareable'),
    PidMode: oneOf('', 'private'),
    UTSMode: oneOf('', 'private'),
    CgroupnsMode: oneOf('', 'private'),
    Isolation: oneOf('', 'default'),
    Runtime: oneOf(''),
    VolumeDriver: oneOf('', 'local'),
    MaskedPaths: onlyNull,
    ReadonlyPaths: onlyNull,
  },
  [
    ...noLimits,
    'Privileged',
    'CapAdd',
    'Capabilities',
    'VolumesFrom',
    'UsernsMode',
    'Cgroup',
    'Links',
    'GroupAdd',
    'OomScoreAdj',
    'StorageOpt',
    'Sysctls',
    'Annotations',
    'LxcConf',
  ],
)

/** What a create body asks for that only the engine can tell more of. */
export interface Wanted {
  body: Record<string, unknown>
  image: string
  labels: Record<string, string>
  volumes: { name: string; field: string }[]
  networks: { name: string; field: string }[]
}

/**
 * Docker's body of `POST /containers/create`, as parsed, held to what somebody may make who is not to be root on the
 * host: what is not named here is refused by its name. Throws policy_field.
 */
export function readDockerCreate(
  value: unknown,
  isReserved: (key: string, value: string) => boolean = () => false,
): Wanted {
  const body = object(
    {
      Image: text(values.isImage, 'The name of an image'),
      Cmd: words,
      Entrypoint: words,
      Env: list(text(values.isAssignment, 'NAME=value')),
      Labels: values.labels(isReserved),
      User: values.user,
      WorkingDir: values.folder,
      Hostname: values.hostName,
      Domainname: values.hostName,
      Tty: flag,
      OpenStdin: flag,
      StdinOnce: flag,
      AttachStdin: flag,
      AttachStdout: flag,
      AttachStderr: flag,
      Healthcheck: values.health,
      StopSignal: values.signal,
      StopTimeout: whole(-1, 86_400),
      ExposedPorts: map((key) => portKey.test(key), object({})),
      // Podman reads a colon in the key as `-v` does.
      Volumes: map(values.isPath, object({})),
      HostConfig: hostConfig,
      // dockerode's, which it says in the query too.
      name: ignored,
      NetworkingConfig: object({ EndpointsConfig: map(values.isNetwork, endpoint) }),
    },
    [
      'NetworkDisabled',
      'MacAddress',
      'OnBuild',
      'Shell',
      'ArgsEscaped',
      'Runtime',
      'PublishService',
      'VolumeDriver',
      'VolumesFrom',
      'Memory',
      'MemorySwap',
      'CpuShares',
      'Cpuset',
      'PortSpecs',
      'Name',
      'UnsetEnv',
      'UnsetEnvAll',
    ],
  )(value, '') as Record<string, unknown> | undefined
  const image = body?.Image
  if (!body || typeof image !== 'string') return refuse('Image', 'value', 'The name of an image')
  const host = (body.HostConfig ?? {}) as {
    Binds?: string[]
    Mounts?: { Type: string; Source?: string }[]
    NetworkMode?: string
  }
  const { EndpointsConfig = {} } = (body.NetworkingConfig ?? {}) as { EndpointsConfig?: object }
  const mode =
    host.NetworkMode === undefined ? [] : [{ name: host.NetworkMode, field: 'HostConfig.NetworkMode' }]
  return {
    body,
    image,
    labels: (body.Labels ?? {}) as Record<string, string>,
    volumes: [
      ...(host.Binds ?? []).map((bound, index) => ({
        name: bound.split(':', 1)[0] as string,
        field: `HostConfig.Binds.${index}`,
      })),
      ...(host.Mounts ?? []).flatMap(({ Source }, index) =>
        Source ? [{ name: Source, field: `HostConfig.Mounts.${index}.Source` }] : [],
      ),
    ],
    networks: [
      ...mode,
      ...Object.keys(EndpointsConfig).map((name) => ({
        name,
        field: `NetworkingConfig.EndpointsConfig.${name}`,
      })),
    ].filter(({ name }) => !values.isOwnNetwork(name)),
  }
}
