import type { ContainerSpec } from './contracts/container-create.ts'

type Port = ContainerSpec['ports'][number]
type Mount = ContainerSpec['mounts'][number]

const protocols = ['tcp', 'udp', 'sctp'] as const

/** `127.0.0.1:8080-8081:80-81/udp`: a row for each container port; null when it is none. */
export function toPorts(text: string): Port[] | null {
  const match =
    /^(?:(?:(\[[\da-fA-F:]+\]|[\d.]*):)?(\d+(?:-\d+)?)?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text)
  if (!match) return null
  const [, ip = '', host = '', from = '', to = from, protocol = 'tcp'] = match
  const count = Number(to) - Number(from) + 1
  if (count < 1 || count > 1000 || Number(from) < 1 || Number(to) > 65_535) return null
  const [hostFrom, hostTo] = host.split('-').map(Number)
  // A range for one port is a choice; ranges on both sides go in pairs.
  const inPairs = count > 1 && host !== ''
  if (inPairs && (hostFrom === undefined || (hostTo ?? hostFrom) - hostFrom + 1 !== count)) return null
  return Array.from({ length: count }, (_, index) => ({
    hostIp: ip.replace(/^\[|\]$/g, ''),
    hostPort: inPairs ? String((hostFrom as number) + index) : host,
    containerPort: Number(from) + index,
    protocol: protocols.find((known) => known === protocol) ?? 'tcp',
  }))
}

/** `-v source:target:options`; with one part an anonymous volume. */
export function toMount(text: string): Mount | null {
  const parts = text.split(':')
  if (parts.length > 3) return null
  const [first = '', second, third = ''] = parts
  const target = second ?? first
  const source = second === undefined ? '' : first
  if (!target.startsWith('/')) return null
  const options = third.split(',').filter((option) => option !== '')
  const readOnly = options.includes('ro')
  const type = /^[/~.]/.test(source) ? 'bind' : 'volume'
  return {
    type,
    source,
    target,
    readOnly,
    options: options.filter((option) => option !== 'ro' && option !== 'rw'),
  }
}

/** `--tmpfs /run:size=64m,mode=700`. */
export function toTmpfs(text: string): Mount | null {
  const at = text.indexOf(':')
  const target = at < 0 ? text : text.slice(0, at)
  if (!target.startsWith('/')) return null
  const options = at < 0 ? [] : text.slice(at + 1).split(',')
  const readOnly = options.includes('ro')
  return { type: 'tmpfs', source: '', target, readOnly, options: options.filter((option) => option !== 'ro') }
}

/** `--mount type=bind,source=/a,target=/b,readonly`. Null also for what only `--mount` can say and a spec cannot. */
export function toMountFlag(text: string): Mount | null {
  const mount: Mount = { type: 'volume', source: '', target: '', readOnly: false, options: [] }
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const key = at < 0 ? part : part.slice(0, at)
    const value = at < 0 ? 'true' : part.slice(at + 1)
    if (key === 'type' && (value === 'bind' || value === 'volume' || value === 'tmpfs')) mount.type = value
    else if (key === 'source' || key === 'src') mount.source = value
    else if (key === 'target' || key === 'dst' || key === 'destination') mount.target = value
    else if (key === 'readonly' || key === 'ro') mount.readOnly = value !== 'false'
    else if (key === 'bind-propagation') mount.options.push(value)
    else if (key === 'volume-nocopy') mount.options.push('nocopy')
    else if (key === 'tmpfs-size') mount.options.push(`size=${value}`)
    else if (key === 'tmpfs-mode') mount.options.push(`mode=${value}`)
    else return null
  }
  return mount.target.startsWith('/') ? mount : null
}

/** `/dev/snd:/dev/snd:rw`. */
export function toDevice(text: string): ContainerSpec['devices'][number] | null {
  const [host = '', second, third] = text.split(':')
  if (!host.startsWith('/')) return null
  const isPath = second?.startsWith('/')
  return {
    host,
    container: isPath ? (second as string) : host,
    permissions: third ?? (second !== undefined && !isPath ? second : 'rwm'),
  }
}

/** `nofile=1024:2048`. */
export function toUlimit(text: string): ContainerSpec['ulimits'][number] | null {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text)
  if (!match) return null
  const [, name = '', soft = '', hard = soft] = match
  return { name, soft: Number(soft), hard: Number(hard) }
}

/** `on-failure:5`. */
export function restartPolicyOf(text: string): ContainerSpec['restart'] | null {
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text)
  if (!match) return null
  const policy = match[1] as ContainerSpec['restart']['policy']
  return match[2] === undefined ? { policy } : { policy, retries: Number(match[2]) }
}
