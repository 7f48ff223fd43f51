import { parseSize } from '../containers/spec.ts'
import type { ContainerSpec } from '../contracts/container-create.ts'
import { parseGoBool, parseGoCsv } from './go-values.ts'

type Port = ContainerSpec['ports'][number]
type Mount = ContainerSpec['mounts'][number]

const protocols = ['tcp', 'udp', 'sctp'] as const

/**
 * `127.0.0.1:8080-8081:80-81/udp`, also as `published=8080,target=80,protocol=udp`: a row for each container port; null
 * when it is none (go-connections' `nat`).
 */
export function toPorts(text: string): Port[] | null {
  const match = /^(?:(?:(.*):)?(\d+(?:-\d+)?)?:)?(\d+)(?:-(\d+))?(?:\/([A-Za-z]+))?$/.exec(
    shortPort(text) ?? '',
  )
  if (!match) return null
  const [, address = '', host = '', from = '', to = from, protocol = 'tcp'] = match
  const ip = address.replace(/^\[([^\]]*:[^\]]*)\]$/, '$1')
  // An address of IPv6 stands in brackets.
  if (ip === address && ip.includes(':')) return null
  const known = protocols.find((one) => one === protocol.toLowerCase())
  if (!known || (ip !== '' && !/^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F:.]*:[\da-fA-F:.]*)$/.test(ip)))
    return null
  const count = Number(to) - Number(from) + 1
  if (count < 1 || count > 1000 || Number(from) < 1 || Number(to) > 65_535) return null
  const [hostFrom, hostTo] = host.split('-').map(Number)
  if (hostFrom !== undefined && ((hostTo ?? hostFrom) < hostFrom || (hostTo ?? hostFrom) > 65_535))
    return null
  // A range for one port is a choice; ranges on both sides go in pairs.
  const inPairs = count > 1 && host !== ''
  if (inPairs && (hostFrom === undefined || (hostTo ?? hostFrom) - hostFrom + 1 !== count)) return null
  return Array.from({ length: count }, (_, index) => ({
    hostIp: ip,
    hostPort: inPairs ? String((hostFrom as number) + index) : host,
    containerPort: Number(from) + index,
    protocol: known,
  }))
}

function shortPort(text: string): string | null {
  if (!text.includes('=')) return text
  const fields = new Map(text.split(',').map((field) => field.split('=', 2) as [string, string]))
  if ([...fields.keys()].some((key) => !['published', 'target', 'protocol', 'mode'].includes(key)))
    return null
  const { published = '', target = '', protocol = 'tcp' } = Object.fromEntries(fields)
  return `${published}:${target}/${protocol}`
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

const dockerModes = /^(?:r[ow]|[zZ]|nocopy|r?(?:shared|slave|private)|consistent|cached|delegated)$/
const podmanModes =
  /^(?:r[ow]|[zZUO]|(?:no)?(?:copy|exec|dev|suid)|r?(?:shared|slave|private|unbindable|bind)|(?:upper|work)dir=.+|idmap(?:=.+)?)$/

/** The value of `-v` as typed: what engines refuse is null. */
export function toVolumeFlag(text: string, podman: boolean): Mount | null {
  const parts = text.split(':')
  const modes = parts[2]?.split(',') ?? []
  const known = podman ? podmanModes : dockerModes
  if (parts.some((part) => part === '') || !modes.every((mode) => known.test(mode))) return null
  return toMount(text)
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

/**
 * `--mount type=bind,source=/a,target=/b,readonly`, as CSV with Go's booleans. `rest` names the parts that a spec can't
 * say; null when the programs refuse it.
 */
export function toMountFlag(text: string): { mount: Mount; rest: string[] } | null {
  const mount: Mount = { type: 'volume', source: '', target: '', readOnly: false, options: [] }
  const rest: string[] = []
  let wrong = false
  const readers: Record<string, (value: string) => void> = {
    type: (value) => {
      const type = (['bind', 'volume', 'tmpfs'] as const).find((one) => one === value.toLowerCase())
      if (type) mount.type = type
      else wrong = true
    },
    source: (value) => void (mount.source = value),
    target: (value) => void (mount.target = value),
    'bind-propagation': (value) => void mount.options.push(value.toLowerCase()),
    'tmpfs-size': (value) => {
      const bytes = parseSize(value)
      if (bytes === null) wrong = true
      else mount.options.push(`size=${bytes}`)
    },
    'tmpfs-mode': (value) => {
      if (/^[0-7]+$/.test(value)) mount.options.push(`mode=${value}`)
      else wrong = true
    },
  }
  const switches: Record<string, () => void> = {
    readonly: () => void (mount.readOnly = true),
    'volume-nocopy': () => void mount.options.push('nocopy'),
  }
  const names: Record<string, string> = {
    src: 'source',
    dst: 'target',
    destination: 'target',
    ro: 'readonly',
  }
  for (const part of parseGoCsv(text) ?? ['?']) {
    const at = part.indexOf('=')
    const written = (at < 0 ? part : part.slice(0, at)).toLowerCase()
    const key = names[written] ?? written
    const value = at < 0 ? undefined : part.slice(at + 1)
    if (key in switches) {
      const isOn = value === undefined ? true : parseGoBool(value)
      if (isOn === null) wrong = true
      else if (isOn) switches[key]?.()
    } else if (key in readers && value !== undefined) readers[key]?.(value)
    else if (/^(?:bind|volume|tmpfs|image)-|^consistency$/.test(key)) rest.push(part)
    else wrong = true
  }
  const foreign = mount.options.some((option) =>
    mount.type === 'tmpfs'
      ? !/^(?:size|mode)=/.test(option)
      : mount.type === 'bind'
        ? !/^r?(?:shared|slave|private)$/.test(option)
        : option !== 'nocopy',
  )
  if (wrong || foreign || !mount.target.startsWith('/')) return null
  if (mount.type === 'bind' ? mount.source === '' : mount.type === 'tmpfs' && mount.source !== '') return null
  return { mount, rest }
}

/** `/dev/snd:/dev/snd:rw`. */
export function toDevice(text: string): ContainerSpec['devices'][number] | null {
  const parts = text.split(':')
  const [host = '', second, third] = parts
  if (!host.startsWith('/') || parts.length > 3) return null
  const isMode = (mode: string) => /^[rwm]{1,3}$/.test(mode) && new Set(mode).size === mode.length
  const isShort = second !== undefined && third === undefined && isMode(second)
  const container = second === undefined || isShort ? host : second
  const permissions = third ?? (isShort ? second : 'rwm')
  return container.startsWith('/') && isMode(permissions) ? { host, container, permissions } : null
}

const ulimitNames = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
]

/** `nofile=1024:2048`. */
export function toUlimit(text: string): ContainerSpec['ulimits'][number] | null {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text)
  if (!match) return null
  const [, name = '', softText = '', hardText = softText] = match
  const [soft, hard] = [Number(softText), Number(hardText)]
  const isOver = hard !== -1 && (soft === -1 || soft > hard)
  return isOver || !ulimitNames.includes(name) ? null : { name, soft, hard }
}

/** `name:address` or `name=address`, an IPv6 one also in brackets, as it is sent to engines. */
export function toExtraHost(text: string): string | null {
  const match = /^([^:=\s]+)[:=](\S+)$/.exec(text)
  const address = match?.[2]?.replace(/^\[(.*)\]$/, '$1') ?? ''
  return /^(?:host-gateway|\d+(?:\.\d+){3}|[\da-fA-F:.]*:[\da-fA-F:.]*)$/.test(address)
    ? `${match?.[1]}:${address}`
    : null
}

/** A profile in a file is read by the program, and `systempaths` is done by it: neither can be told an engine. */
export function isSecurityOption(text: string, podman: boolean): boolean {
  const [key = '', value] = text.split(/[=:]/, 2)
  if (key === 'no-new-privileges') return value === undefined || parseGoBool(value) !== null
  if (value === undefined) return false
  if (key === 'seccomp') return value === 'unconfined' || (!podman && value === 'builtin')
  return key !== 'systempaths'
}

/** The request of `--gpus` (opts/gpus.go of the Docker CLI) as a spec says it; `rest` is what it has no place for. */
export function gpusOf(text: string): { gpus: string; rest: string[] } | null {
  let count: string | undefined
  let devices: string | undefined
  const rest: string[] = []
  for (const field of parseGoCsv(text) ?? ['?']) {
    const [key = '', ...values] = field.split('=')
    const value = values.join('=')
    const isCount = values.length === 0 || key === 'count'
    const amount = values.length === 0 ? key : value
    if (isCount && count === undefined && /^(?:all|-1|\d+)$/.test(amount))
      count = amount === '-1' ? 'all' : amount
    else if (key === 'device' && devices === undefined && value !== '') devices = value
    else if (['driver', 'capabilities', 'options'].includes(key) && values.length > 0) rest.push(field)
    else return null
  }
  // Engines refuse a number beside the devices.
  if (devices !== undefined && count !== undefined) return null
  return { gpus: devices === undefined ? (count ?? '1') : `device=${devices}`, rest }
}

/** Podman's `--health-cmd`: a JSON array, `CMD …`, `CMD-SHELL …`, `none`, or a shell's line. */
export function healthTest(text: string): string[] {
  let words: string[] | null = null
  try {
    const read: unknown = JSON.parse(text)
    if (Array.isArray(read) && read.length > 0) words = read.map(String)
  } catch {
    words = null
  }
  const parts = words ?? text.split(' ')
  const kind = (parts[0] ?? '').toUpperCase()
  if (kind === 'NONE') return ['NONE']
  if (kind === 'CMD') return words ? ['CMD', ...parts.slice(1)] : text.trim().split(/\s+/)
  if (kind === 'CMD-SHELL') return ['CMD-SHELL', parts.slice(1).join(' ')]
  return words && words.length > 1 ? ['CMD', ...words] : ['CMD-SHELL', parts.join(' ')]
}

/** `on-failure:5`. */
export function restartPolicyOf(text: string): ContainerSpec['restart'] | null {
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text || 'no')
  // Engines refuse a number of tries with any other policy.
  if (!match || (match[2] !== undefined && match[1] !== 'on-failure')) return null
  const policy = match[1] as ContainerSpec['restart']['policy']
  return match[2] === undefined ? { policy } : { policy, retries: Number(match[2]) }
}
