import { parseDuration, parseSize } from './container-spec.ts'
import type { ContainerSpec } from './contracts/container-create.ts'
import {
  restartPolicyOf,
  toDevice,
  toMount,
  toMountFlag,
  toPorts,
  toTmpfs,
  toUlimit,
} from './docker-run-values.ts'

/** Puts a flag's value into the spec; false when it cannot be read. */
type Apply = (spec: ContainerSpec, value: string) => boolean | void

export interface RunFlag {
  /** `value`: takes one; `switch`: alone, or with `=true` or `=false`. */
  takes: 'value' | 'switch'
  apply: Apply
}

const value = (apply: Apply): RunFlag => ({ takes: 'value', apply })
const on = (apply: (spec: ContainerSpec, isOn: boolean) => void): RunFlag => ({
  takes: 'switch',
  apply: (spec, text) => apply(spec, text !== 'false'),
})
const set = (field: 'name' | 'platform' | 'workdir' | 'user' | 'hostname' | 'stopSignal' | 'gpus'): RunFlag =>
  value((spec, text) => void (spec[field] = text))
const namespace = (field: 'pidMode' | 'ipcMode' | 'utsMode' | 'usernsMode'): RunFlag =>
  value((spec, text) => void (spec[field] = text))
const add = (
  field: 'capAdd' | 'capDrop' | 'securityOptions' | 'dns' | 'dnsSearch' | 'extraHosts' | 'groups',
): RunFlag => value((spec, text) => void spec[field].push(text))
const pair = (field: 'env' | 'labels' | 'sysctls'): RunFlag =>
  value((spec, text) => {
    const at = text.indexOf('=')
    // `-e NAME` takes the value of the shell that ran it: not known here.
    if (at < 0 && field === 'env') return false
    const name = at < 0 ? text : text.slice(0, at)
    spec[field] = [
      ...spec[field].filter((row) => row.name !== name),
      { name, value: at < 0 ? '' : text.slice(at + 1) },
    ]
  })
const size = (field: 'memory' | 'memoryReservation' | 'memorySwap' | 'shmSize'): RunFlag =>
  value((spec, text) => {
    const bytes = field === 'memorySwap' && text === '-1' ? -1 : parseSize(text)
    if (bytes === null) return false
    spec.limits[field] = bytes
  })
const whole = (field: 'cpuShares' | 'pids'): RunFlag =>
  value((spec, text) => {
    if (!/^-?\d+$/.test(text)) return false
    spec.limits[field] = Number(text)
  })
const health = (
  put: (health: NonNullable<ContainerSpec['health']>, text: string) => boolean | void,
): RunFlag =>
  value((spec, text) => {
    // The times may come before the command does.
    spec.health ??= { test: [], interval: 0, timeout: 0, startPeriod: 0, retries: 0 }
    return put(spec.health, text)
  })
const healthTime = (field: 'interval' | 'timeout' | 'startPeriod'): RunFlag =>
  health((check, text) => {
    const seconds = parseDuration(text)
    if (seconds === null) return false
    check[field] = seconds
  })
const network = value((spec, text) => {
  const [first = '', ...rest] = text.split(',')
  const options = new Map([first, ...rest].map((part) => part.split('=', 2) as [string, string | undefined]))
  const name = first.includes('=') ? options.get('name') : first
  if (!name) return false
  // `--ip` and `--network-alias` may have come first: they belong to the first network.
  const early = spec.networks.find((entry) => entry.name === '')
  const entry = early ?? { name: '', aliases: [], ip: '' }
  entry.name = name
  entry.ip = options.get('ip') ?? entry.ip
  if (options.get('alias')) entry.aliases.push(options.get('alias') as string)
  if (!early) spec.networks.push(entry)
})
const ofNetwork = (put: (entry: ContainerSpec['networks'][number], text: string) => void): RunFlag =>
  value((spec, text) => {
    if (spec.networks.length === 0) spec.networks.push({ name: '', aliases: [], ip: '' })
    put(spec.networks.at(-1) as ContainerSpec['networks'][number], text)
  })
const cpus = value((spec, text) => {
  if (!/^\d*\.?\d+$/.test(text)) return false
  spec.limits.cpus = Number(text)
})
const ports = value((spec, text) => {
  const found = toPorts(text)
  if (!found) return false
  spec.ports.push(...found)
})
const list = <T>(field: 'mounts' | 'devices' | 'ulimits', read: (text: string) => T | null): RunFlag =>
  value((spec, text) => {
    const found = read(text)
    if (found === null) return false
    ;(spec[field] as T[]).push(found)
  })
const log = value((spec, text) => void (spec.log = { options: [], ...spec.log, driver: text }))
const logOption = value((spec, text) => {
  const at = text.indexOf('=')
  if (at < 1) return false
  spec.log ??= { driver: '', options: [] }
  spec.log.options.push({ name: text.slice(0, at), value: text.slice(at + 1) })
})

/** The flags of `docker run` and `podman run` that a spec can say, by their long names. */
export const runFlags: Readonly<Record<string, RunFlag>> = {
  'add-host': add('extraHosts'),
  'cap-add': add('capAdd'),
  'cap-drop': add('capDrop'),
  cpus,
  'cpu-shares': whole('cpuShares'),
  'cpuset-cpus': value((spec, text) => void (spec.limits.cpuset = text)),
  device: list('devices', toDevice),
  dns: add('dns'),
  'dns-search': add('dnsSearch'),
  entrypoint: value((spec, text) => void (spec.entrypoint = text === '' ? [] : entrypoint(text))),
  env: pair('env'),
  gpus: set('gpus'),
  'group-add': add('groups'),
  'health-cmd': health((check, text) => void (check.test = ['CMD-SHELL', text])),
  'health-interval': healthTime('interval'),
  'health-timeout': healthTime('timeout'),
  'health-start-period': healthTime('startPeriod'),
  'health-retries': health((check, text) => {
    if (!/^\d+$/.test(text)) return false
    check.retries = Number(text)
  }),
  hostname: set('hostname'),
  init: on((spec, isOn) => void (spec.init = isOn)),
  interactive: on((spec, isOn) => void (spec.stdin = isOn)),
  ip: ofNetwork((entry, text) => void (entry.ip = text)),
  ipc: namespace('ipcMode'),
  label: pair('labels'),
  'log-driver': log,
  'log-opt': logOption,
  memory: size('memory'),
  'memory-reservation': size('memoryReservation'),
  'memory-swap': size('memorySwap'),
  mount: list('mounts', toMountFlag),
  name: set('name'),
  network,
  'network-alias': ofNetwork((entry, text) => void entry.aliases.push(text)),
  'no-healthcheck': on((spec, isOn) => {
    if (isOn) spec.health = { test: ['NONE'], interval: 0, timeout: 0, startPeriod: 0, retries: 0 }
  }),
  pid: namespace('pidMode'),
  'pids-limit': whole('pids'),
  platform: set('platform'),
  privileged: on((spec, isOn) => void (spec.privileged = isOn)),
  publish: ports,
  'publish-all': on((spec, isOn) => void (spec.publishAll = isOn)),
  'read-only': on((spec, isOn) => void (spec.readOnly = isOn)),
  restart: value((spec, text) => {
    const policy = restartPolicyOf(text)
    if (!policy) return false
    spec.restart = policy
  }),
  rm: on((spec, isOn) => void (spec.autoRemove = isOn)),
  'security-opt': add('securityOptions'),
  'shm-size': size('shmSize'),
  'stop-signal': set('stopSignal'),
  'stop-timeout': value((spec, text) => {
    if (!/^\d+$/.test(text)) return false
    spec.stopTimeout = Number(text)
  }),
  sysctl: pair('sysctls'),
  tmpfs: list('mounts', toTmpfs),
  tty: on((spec, isOn) => void (spec.tty = isOn)),
  ulimit: list('ulimits', toUlimit),
  user: set('user'),
  userns: namespace('usernsMode'),
  uts: namespace('utsMode'),
  volume: list('mounts', toMount),
  workdir: set('workdir'),
}

/** Other names of the same flag. */
export const flagAliases: Readonly<Record<string, string>> = {
  ...{ e: 'env', h: 'hostname', i: 'interactive', l: 'label', m: 'memory', p: 'publish', P: 'publish-all' },
  ...{ t: 'tty', u: 'user', v: 'volume', w: 'workdir', net: 'network', 'net-alias': 'network-alias' },
  ...{ 'dns-opt': 'dns-option', c: 'cpu-shares' },
}

/** Flags that matter to whoever runs the line, and not to the container. */
export const harmlessFlags: ReadonlySet<string> = new Set([
  'detach',
  'd',
  'quiet',
  'q',
  'sig-proxy',
  'replace',
])

/** Flags without a value that a spec cannot say; of any other unknown one a value is taken to follow. */
export const unknownSwitches: ReadonlySet<string> = new Set([
  ...['oom-kill-disable', 'disable-content-trust', 'read-only-tmpfs', 'no-hosts', 'no-hostname', 'rmi'],
  ...['env-host', 'http-proxy', 'tls-verify', 'use-api-socket', 'rootfs'],
])

/** Podman takes a JSON array as well. */
function entrypoint(text: string): string[] {
  if (!text.startsWith('[')) return [text]
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) ? words.map(String) : [text]
  } catch {
    return [text]
  }
}
