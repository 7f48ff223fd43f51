import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { compareVersions } from '../engine/compat.ts'
import { isNeutral } from './read.ts'
import { isWorkingDirectory } from './values.ts'

interface Mounted {
  Type?: string
  Name?: string
  Driver?: string
  Source?: string
  Destination?: string
}

/** Of an inspect document, in Docker's schema. */
interface Inspected {
  Image?: unknown
  AppArmorProfile?: unknown
  ProcessLabel?: unknown
  Config?: { Env?: string[] | null; WorkingDir?: string | null }
  HostConfig?: Record<string, unknown> & { SecurityOpt?: unknown }
  Mounts?: Mounted[] | null
  NetworkSettings?: { Networks?: Record<string, unknown> | null } | null
}

/** What of libpod's document Docker's schema has no place for. */
export interface LibpodInspected {
  Config?: { CreateCommand?: string[] | null; Cmd?: string[] | null }
  HostConfig?: { CgroupMode?: unknown }
}

/** Which engine's document it is: what is missing in it depends on what that version has by itself. */
export type OfEngine = Pick<EngineInfo, 'flavour' | 'version' | 'cgroupVersion'>

const powers = ['Privileged', 'CapAdd', 'Devices', 'DeviceRequests', 'DeviceCgroupRules', 'Sysctls']
const namespaces = ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'NetworkMode', 'CgroupnsMode']
const harmless = /^no-new-privileges(?:[:=]true)?$/
/** Engines' own, and those that keep more apart. Any other may give devices, as NVIDIA's does. */
const runtimes = ['', 'oci', 'runc', 'crun', 'io.containerd.runc.v2', 'runsc', 'kata', 'kata-runtime']

/**
 * What Docker hides of /proc and /sys, and makes read-only there, unless it is told otherwise: read from containers of
 * 20.10.24 and 28.5.2, and since which version each is there. A container of before an engine's upgrade keeps its own list.
 */
const masked: readonly [path: string, since: string][] = [
  ...[
    '/proc/asound',
    '/proc/acpi',
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/proc/sched_debug',
    '/proc/scsi',
    '/sys/firmware',
  ].map((path): [string, string] => [path, '0']),
  ['/sys/devices/virtual/powercap', '25.0'],
  ['/proc/interrupts', '28.1'],
]
const readOnly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/**
 * The field by which a container could not have been made by somebody without containers.unrestricted, and by which who
 * is inside of it has power over the host; null for none. Volumes are to be looked at besides.
 */
export function powerOf(document: Inspected, engine: OfEngine): string | null {
  const { Config, HostConfig: host = {}, Mounts, NetworkSettings } = document
  const files = powerOfFiles(document)
  if (files !== null) return files
  // Each process that is begun in it without a folder of its own begins there.
  if (Config?.WorkingDir && !isWorkingDirectory(Config.WorkingDir)) return 'Config.WorkingDir'
  for (const field of powers) if (!isNeutral(host[field] ?? null)) return `HostConfig.${field}`
  for (const field of namespaces)
    if (isShared(field, String(host[field] ?? ''), engine)) return `HostConfig.${field}`
  if (NetworkSettings?.Networks && 'host' in NetworkSettings.Networks) return 'NetworkSettings.Networks.host'
  if (!runtimes.includes(String(host.Runtime ?? ''))) return 'HostConfig.Runtime'
  const options = Array.isArray(host.SecurityOpt) ? host.SecurityOpt : []
  if (!options.every((option) => harmless.test(String(option)))) return 'HostConfig.SecurityOpt'
  if (document.AppArmorProfile === 'unconfined') return 'AppArmorProfile'
  if (/:(?:spc_t|unconfined_t):/.test(String(document.ProcessLabel ?? ''))) return 'ProcessLabel'
  // Podman lists neither. Absent on Docker they are the engine's own.
  const hidden = masked.flatMap(([path, since]) =>
    compareVersions(engine.version.replace(/[^\d.].*$/s, ''), since) >= 0 ? [path] : [],
  )
  if (engine.flavour === 'docker' && lacks(host.MaskedPaths, hidden)) return 'HostConfig.MaskedPaths'
  if (engine.flavour === 'docker' && lacks(host.ReadonlyPaths, readOnly)) return 'HostConfig.ReadonlyPaths'
  const mount = (Mounts ?? []).find(({ Type }) => Type !== 'volume' && Type !== 'tmpfs')
  return mount ? `Mounts ${named(mount)}` : null
}

const lacks = (given: unknown, wanted: readonly string[]) =>
  Array.isArray(given) && !wanted.every((path) => given.includes(path))

/** Whether a namespace is the host's or another container's, or opens the host's loopback. */
function isShared(field: string, mode: string, engine: OfEngine): boolean {
  if (/^(?:container|ns|path):/.test(mode)) return true
  // On cgroup v1 engines have all containers in the host's.
  if (mode === 'host') return field !== 'CgroupnsMode' || engine.cgroupVersion === '2'
  return field === 'NetworkMode' && /^(?:slirp4netns|pasta):/.test(mode)
}

/** Folders of a host in which its passwords, keys, engine or memory are. */
const secretFolders =
  /^\/(?:etc|root|home|boot|dev|proc|run|var|var\/(?:run|lib)|var\/lib\/(?:docker|containers|containerd|kubelet))?$/

/**
 * The field by which who reads a container's files reads what makes them root on the host; null for none. A container of
 * libpod's `rootfs` is a folder of the host; its document then names no image, on either version.
 */
export function powerOfFiles({ Image, Config, Mounts }: Inspected): string | null {
  if (typeof Image === 'string' && !/^(?:sha256:)?[0-9a-f]{64}$/.test(Image)) return 'Rootfs'
  // Roadstead's own: its keys open every host.
  if (Config?.Env?.some((variable) => variable.startsWith('ROADSTEAD_DATA='))) return 'ROADSTEAD_DATA'
  const mount = (Mounts ?? []).find(
    ({ Type, Source = '' }) => Type === 'bind' && secretFolders.test(Source.replace(/(?<=.)\/+$/, '')),
  )
  return mount ? `Mounts ${named(mount)}` : null
}

/**
 * What only libpod's document tells of a Podman container: its cgroup namespace, and for those that Podman's own command
 * made, the options that no document of Podman 4.3 or 5.4 has a field for.
 */
export function powerOfLibpod({ Config, HostConfig }: LibpodInspected, engine: OfEngine): string | null {
  if (isShared('CgroupnsMode', String(HostConfig?.CgroupMode ?? ''), engine)) return 'HostConfig.CgroupMode'
  const [command = [], own = []] = [Config?.CreateCommand ?? [], Config?.Cmd ?? []]
  // What stands behind the image is the container's own.
  const ends = own.length > 0 && own.every((word, index) => command.at(index - own.length) === word)
  const words = ends ? command.slice(0, -own.length) : command
  for (const [index, word] of words.entries()) {
    const [, option = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? []
    const value = inline ?? words[index + 1] ?? ''
    const isPower =
      ['sysctl', 'device-cgroup-rule', 'rootfs'].includes(option) ||
      (option === 'security-opt' && !harmless.test(value) && !value.startsWith('mask=')) ||
      (option === 'ipc' && /^(?:host|container|ns)\b/.test(value))
    if (isPower) return `CreateCommand --${option}`
  }
  return null
}

const named = ({ Destination }: Mounted) => String(Destination).slice(0, 200)

/** Names of volumes that a container has, and where. */
export function volumesOf({ Mounts }: Inspected): { name: string; field: string }[] {
  return (Mounts ?? []).flatMap(({ Type, Name, Destination }) =>
    Type === 'volume' && Name ? [{ name: Name, field: `Mounts ${String(Destination).slice(0, 200)}` }] : [],
  )
}

/** Network shares and memory; whatever else a local volume mounts is a folder or a disk of the host. */
export function isOfHost({ driver, options }: { driver: string; options: Record<string, string> }): boolean {
  if (driver !== 'local') return true
  const given = new Map(Object.entries(options).map(([name, value]) => [name.toLowerCase(), String(value)]))
  const [type = '', device = '', o = ''] = ['type', 'device', 'o'].map((name) => given.get(name))
  if (device === '' && type === '') return /\b(?:bind|rbind|upperdir|lowerdir)\b/.test(o)
  if (/(?:^|,)\s*(?:r?bind|r?shared|r?slave|move|remount)\s*(?:,|=|$)/i.test(o)) return true
  if (type === 'tmpfs') return device !== 'tmpfs' && device !== ''
  if (/^nfs4?$/.test(type)) return !/^[^/]*:/.test(device)
  return type !== 'cifs' || !device.startsWith('//')
}
