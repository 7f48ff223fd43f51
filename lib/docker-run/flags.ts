import { parseDuration, parseSize } from '../containers/spec.ts'
import type { ContainerSpec } from '../contracts/container-create.ts'
import { parseCpus, parseGoInt } from './go-values.ts'
import { type NetworkFlags, readNetwork } from './networks.ts'
import {
  gpusOf,
  healthTest,
  isSecurityOption,
  restartPolicyOf,
  toDevice,
  toExtraHost,
  toMountFlag,
  toPorts,
  toTmpfs,
  toUlimit,
  toVolumeFlag,
} from './values.ts'

/** What is known beside the spec while a line is read. */
export interface Reading {
  podman: boolean
  network: NetworkFlags
}

/**
 * Puts a flag's value into the spec (of a switch `true` or `false`). False when the programs refuse it or it can't be
 * known here; a list names the parts that a spec has no place for.
 */
type Apply = (spec: ContainerSpec, value: string, reading: Reading) => false | string[] | void

const on =
  (apply: (spec: ContainerSpec, isOn: boolean) => void): Apply =>
  (spec, text) =>
    apply(spec, text === 'true')
const set =
  (field: 'name' | 'platform' | 'workdir' | 'user' | 'hostname' | 'stopSignal'): Apply =>
  (spec, text) =>
    void (spec[field] = text)
/** Docker's program knows only these; Podman's has more, which the engine judges. */
const namespace =
  (field: 'pidMode' | 'ipcMode' | 'utsMode' | 'usernsMode', docker: RegExp): Apply =>
  (spec, text, { podman }) => {
    if (!podman && !docker.test(text)) return false
    spec[field] = text
  }
const add =
  (
    field: 'capAdd' | 'capDrop' | 'securityOptions' | 'dns' | 'dnsSearch' | 'extraHosts' | 'groups',
    read: (text: string, podman: boolean) => string | null = (text) => text || null,
  ): Apply =>
  (spec, text, { podman }) => {
    const found = read(text, podman)
    if (found === null) return false
    spec[field].push(found)
  }
const pair =
  (field: 'env' | 'labels' | 'sysctls'): Apply =>
  (spec, text) => {
    const at = text.indexOf('=')
    // `-e NAME` takes the value of the shell that ran it: not known here. A label may stand alone.
    if (at === 0 || text === '' || (at < 0 && field !== 'labels')) return false
    const name = at < 0 ? text : text.slice(0, at)
    spec[field] = [
      ...spec[field].filter((row) => row.name !== name),
      { name, value: at < 0 ? '' : text.slice(at + 1) },
    ]
  }
const size =
  (field: 'memory' | 'memoryReservation' | 'memorySwap' | 'shmSize'): Apply =>
  (spec, text) => {
    const bytes = field === 'memorySwap' && text === '-1' ? -1 : parseSize(text)
    if (bytes === null) return false
    spec.limits[field] = bytes
  }
const whole =
  (put: (spec: ContainerSpec, value: number) => false | void, least = 0): Apply =>
  (spec, text) => {
    const value = parseGoInt(text)
    if (value === null || value < least) return false
    return put(spec, value)
  }
/** The check that a `--health-*` puts something into; false beside `--no-healthcheck`, which the programs refuse. */
const inCheck = (
  spec: ContainerSpec,
  put: (check: NonNullable<ContainerSpec['health']>) => void,
): false | void => {
  if (spec.health?.test[0] === 'NONE') return false
  // The times may come before the command does.
  spec.health ??= { test: [], interval: 0, timeout: 0, startPeriod: 0, retries: 0 }
  put(spec.health)
}
const healthTime =
  (field: 'interval' | 'timeout' | 'startPeriod'): Apply =>
  (spec, text) => {
    const seconds = parseDuration(text)
    if (seconds === null) return false
    return inCheck(spec, (check) => void (check[field] = seconds))
  }
const list =
  <T>(field: 'mounts' | 'devices' | 'ulimits', read: (text: string, podman: boolean) => T | null): Apply =>
  (spec, text, { podman }) => {
    const found = read(text, podman)
    if (found === null) return false
    ;(spec[field] as T[]).push(found)
  }

/** A network has one fixed address in a spec: a second one is named. */
const address =
  (form: RegExp): Apply =>
  (_, text, { network }) => {
    if (!form.test(text)) return false
    if (network.ip !== '') return [text]
    network.ip = text
  }

/** The flags of `docker run` and `podman run` that a spec can say, by their long names. */
export const runFlags: Readonly<Record<string, Apply>> = {
  'add-host': add('extraHosts', toExtraHost),
  'cap-add': add('capAdd'),
  'cap-drop': add('capDrop'),
  cpus: (spec, text) => {
    const cpus = parseCpus(text)
    if (cpus === null) return false
    spec.limits.cpus = cpus
  },
  'cpu-shares': whole((spec, value) => void (spec.limits.cpuShares = value)),
  'cpuset-cpus': (spec, text) => void (spec.limits.cpuset = text),
  device: list('devices', toDevice),
  dns: add('dns', (text) => (/^(?:[\d.]+|[\da-fA-F:.]+)$/.test(text.trim()) ? text.trim() : null)),
  'dns-search': add('dnsSearch'),
  entrypoint: (spec, text, { podman }) =>
    void (spec.entrypoint = text === '' ? [] : (podman && jsonWords(text)) || [text]),
  env: pair('env'),
  gpus: (spec, text) => {
    const gpus = gpusOf(text)
    if (gpus === null) return false
    spec.gpus = gpus.gpus
    return gpus.rest
  },
  'group-add': add('groups'),
  'health-cmd': (spec, text, { podman }) => {
    if (text === '') return false
    return inCheck(spec, (check) => void (check.test = podman ? healthTest(text) : ['CMD-SHELL', text]))
  },
  'health-interval': healthTime('interval'),
  'health-timeout': healthTime('timeout'),
  'health-start-period': healthTime('startPeriod'),
  'health-retries': whole((spec, value) => inCheck(spec, (check) => void (check.retries = value))),
  hostname: set('hostname'),
  init: (spec, text, { podman }) => {
    spec.init = text === 'true'
    // A daemon may have been told to put one into every container: false is more than nothing.
    if (!spec.init && !podman) return ['false']
  },
  interactive: on((spec, isOn) => void (spec.stdin = isOn)),
  ip: address(/^[\d.]+$/),
  ip6: address(/^[\da-fA-F:.]*:[\da-fA-F:.]*$/),
  ipc: namespace('ipcMode', /./),
  label: pair('labels'),
  'log-driver': (spec, text) => void (spec.log = { options: [], ...spec.log, driver: text }),
  'log-opt': (spec, text) => {
    const at = text.indexOf('=')
    if (at < 1) return false
    spec.log ??= { driver: '', options: [] }
    spec.log.options.push({ name: text.slice(0, at), value: text.slice(at + 1) })
  },
  memory: size('memory'),
  'memory-reservation': size('memoryReservation'),
  'memory-swap': size('memorySwap'),
  mount: (spec, text) => {
    const found = toMountFlag(text)
    if (found === null) return false
    spec.mounts.push(found.mount)
    return found.rest
  },
  name: set('name'),
  network: (spec, text, { podman }) => readNetwork(spec, text, podman),
  'network-alias': (_, text, { network }) => void network.aliases.push(text),
  'no-healthcheck': (spec, text) => {
    if (text !== 'true') return
    if (spec.health) return false
    spec.health = { test: ['NONE'], interval: 0, timeout: 0, startPeriod: 0, retries: 0 }
  },
  pid: namespace('pidMode', /^(?:host|container:.+)?$/),
  'pids-limit': whole((spec, value) => void (spec.limits.pids = value), -1),
  platform: set('platform'),
  privileged: on((spec, isOn) => void (spec.privileged = isOn)),
  publish: (spec, text) => {
    const found = toPorts(text)
    if (!found) return false
    spec.ports.push(...found)
  },
  'publish-all': on((spec, isOn) => void (spec.publishAll = isOn)),
  'read-only': on((spec, isOn) => void (spec.readOnly = isOn)),
  restart: (spec, text) => {
    const policy = restartPolicyOf(text)
    if (!policy) return false
    spec.restart = policy
  },
  rm: on((spec, isOn) => void (spec.autoRemove = isOn)),
  'security-opt': add('securityOptions', (text, podman) => (isSecurityOption(text, podman) ? text : null)),
  'shm-size': size('shmSize'),
  'stop-signal': set('stopSignal'),
  'stop-timeout': whole((spec, value) => void (spec.stopTimeout = value)),
  sysctl: pair('sysctls'),
  tmpfs: list('mounts', toTmpfs),
  tty: on((spec, isOn) => void (spec.tty = isOn)),
  ulimit: list('ulimits', toUlimit),
  user: set('user'),
  userns: namespace('usernsMode', /^(?:host)?$/),
  uts: namespace('utsMode', /^(?:host)?$/),
  volume: list('mounts', toVolumeFlag),
  workdir: set('workdir'),
}

/** Podman takes a JSON array as well. */
function jsonWords(text: string): string[] | null {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null
  } catch {
    return null
  }
}
