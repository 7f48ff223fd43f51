import { run } from '#e2e/lab/run.ts'
import { parseSize } from '#lib/containers/spec.ts'

/** Every program of a line as a function that tells its words instead of running; `sudo` runs what follows. */
const shims = String.raw`
exec 3>&1
docker() { printf '%s\0' "$@" >&3; printf '\1\0' >&3; }
podman() { docker "$@"; }
sudo() { while [[ $1 == -* ]]; do shift; done; "$@"; }
`

/** The words that bash gives the program of a line, after `run` or `create`. */
export async function wordsOfBash(line: string): Promise<string[]> {
  const script = `${shims}\n${line.replace(/^\$ /, '')}`
  const { stdout } = await run('/bin/bash', ['-c', script], { check: false })
  const words = stdout.split('\u0001')[0]?.split('\0').slice(0, -1) ?? []
  return words.slice(words.findIndex((word) => word === 'run' || word === 'create') + 1)
}

export interface InspectedContainer {
  Id: string
  Config: Record<string, unknown>
  HostConfig: Record<string, unknown>
  Mounts: {
    Type: string
    Name?: string
    Source: string
    Destination: string
    RW: boolean
    Propagation: string
  }[]
  NetworkSettings: {
    Networks: Record<string, { Aliases?: string[] | null; IPAMConfig?: object | null } | null> | null
  }
}

/** Of one container alone, of the terminal it was made from, or read from what is compared beside it. */
const apart = [
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'StdinOnce',
  'Hostname',
  'Env',
  'Volumes',
  'Binds',
  'Mounts',
  'Tmpfs',
  'CapAdd',
  'CapDrop',
  'ContainerIDFile',
  'ConsoleSize',
  'DeviceRequests',
  'Ulimits',
  'RestartPolicy',
]
/** What Podman notes of the program that made it, and what its two APIs put in by themselves when nothing is said. */
const podmanApart = [
  'CreateCommand',
  'Annotations',
  'Image',
  'Umask',
  'Timeout',
  'Passwd',
  'sdNotifyMode',
  'SdNotifyMode',
]

/**
 * What a container was made with, from its inspect document: empty fields say nothing, and where there are two ways to say
 * the same (`-v` and `--mount`, `NET_ADMIN` and `CAP_NET_ADMIN`) there is one here.
 */
export function madeWith(document: InspectedContainer, podman: boolean): unknown {
  const { Config: config, HostConfig: host, NetworkSettings: network } = document
  const without = [...apart, ...(podman ? podmanApart : [])]
  const rest = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !without.includes(name)))
  const capabilities = (list: unknown) =>
    ((list ?? []) as string[]).map((name) => name.toUpperCase().replace(/^CAP_/, '')).sort()
  // The last value of a name is what the process sees.
  const env = Object.fromEntries(((config.Env ?? []) as string[]).map((entry) => entry.split(/=(.*)/s, 2)))
  if (podman) delete env.HOSTNAME
  const isOwnName = document.Id.startsWith(String(config.Hostname))
  return something({
    config: { ...rest(config), env, hostname: isOwnName ? '' : config.Hostname },
    host: { ...rest(host), capAdd: capabilities(host.CapAdd), capDrop: capabilities(host.CapDrop) },
    // Podman's program says nothing where the API says `no`.
    restart: JSON.stringify(host.RestartPolicy).replace('"no"', '""'),
    gpus: host.DeviceRequests,
    ulimits: ((host.Ulimits ?? []) as { Name: string }[]).sort((a, b) => a.Name.localeCompare(b.Name)),
    mounts: [...mountsOf(document), ...tmpfsOf(host)].sort().join('\n'),
    networks: Object.fromEntries(
      Object.entries(network.Networks ?? {}).map(([name, endpoint]) => [
        name,
        {
          aliases: (endpoint?.Aliases ?? []).filter((alias) => alias !== document.Id.slice(0, 12)).sort(),
          address: endpoint?.IPAMConfig,
        },
      ]),
    ),
  })
}

type EngineMount = {
  Type: string
  Target: string
  ReadOnly?: boolean
  VolumeOptions?: { NoCopy?: boolean }
  TmpfsOptions?: { SizeBytes?: number; Mode?: number }
}

function mountsOf({ Mounts, HostConfig }: InspectedContainer): string[] {
  const marks = new Map<string, string[]>()
  for (const bind of (HostConfig.Binds ?? []) as string[]) {
    const [, target = '', modes = ''] = bind.split(':')
    marks.set(
      trimmed(target),
      modes.split(',').filter((mode) => ['z', 'Z', 'nocopy'].includes(mode)),
    )
  }
  for (const mount of (HostConfig.Mounts ?? []) as EngineMount[])
    if (mount.VolumeOptions?.NoCopy) marks.set(trimmed(mount.Target), ['nocopy'])
  return Mounts.filter(({ Type }) => Type !== 'tmpfs').map((mount) => {
    const target = trimmed(mount.Destination)
    const source = mount.Type === 'bind' ? mount.Source : (mount.Name ?? '').replace(/^[0-9a-f]{64}$/, '')
    return [target, mount.Type, source, mount.RW, mount.Propagation, marks.get(target)?.join() ?? ''].join(
      ' ',
    )
  })
}

function tmpfsOf(host: Record<string, unknown>): string[] {
  const flags = Object.entries((host.Tmpfs ?? {}) as Record<string, string>).map(([target, options]) => [
    target,
    ...options
      .split(',')
      .map((option) => option.replace(/^size=(.*)/, (_, size) => `size=${parseSize(size)}`)),
  ])
  const mounts = ((host.Mounts ?? []) as EngineMount[])
    .filter(({ Type }) => Type === 'tmpfs')
    .map(({ Target, ReadOnly, TmpfsOptions: { SizeBytes, Mode } = {} }) => [
      Target,
      ...(ReadOnly ? ['ro'] : []),
      ...(SizeBytes ? [`size=${SizeBytes}`] : []),
      ...(Mode ? [`mode=${Mode.toString(8)}`] : []),
    ])
  return [...flags, ...mounts].map(([target, ...options]) => `${target} tmpfs ${options.sort().join()}`)
}

function trimmed(path: string): string {
  return path.replace(/(.)\/$/, '$1')
}

/** Without empty fields, in the order of their names. */
function something(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value.map((one) => something(one) ?? null) : undefined
  if (typeof value !== 'object' || value === null)
    return value === '' || value === 0 || value === false || value === null ? undefined : value
  const fields = Object.entries(value)
    .map(([name, inner]) => [name, something(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => a.localeCompare(b))
  return fields.length > 0 ? Object.fromEntries(fields) : undefined
}
