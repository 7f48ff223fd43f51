import type { EngineFlavour } from '#lib/contracts/common.ts'
import { isNeutral } from './read.ts'

interface Mounted {
  Type?: string
  Name?: string
  Driver?: string
  Destination?: string
}

/** Of an inspect document, in Docker's schema. */
interface Inspected {
  Config?: { Env?: string[] | null }
  HostConfig?: Record<string, unknown> & { SecurityOpt?: unknown; MaskedPaths?: unknown }
  Mounts?: Mounted[] | null
}

const powers = ['Privileged', 'CapAdd', 'Devices', 'DeviceRequests', 'DeviceCgroupRules', 'Sysctls']
// Not the cgroup namespace: engines on cgroup v1 have all containers in the host's.
const namespaces = ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'NetworkMode']
const harmless = /^no-new-privileges(?:[:=]true)?$/

/**
 * The field by which a container could not have been made by somebody without containers.unrestricted, and by which who
 * is inside of it has power over the host; null for none. Volumes are to be looked at besides.
 */
export function powerOf(
  { Config, HostConfig: host = {}, Mounts }: Inspected,
  flavour: EngineFlavour,
): string | null {
  // Roadstead's own: its keys open every host.
  if (Config?.Env?.some((variable) => variable.startsWith('ROADSTEAD_DATA='))) return 'ROADSTEAD_DATA'
  for (const field of powers) if (!isNeutral(host[field] ?? null)) return `HostConfig.${field}`
  for (const field of namespaces)
    if (/^(?:host$|container:|ns:)/.test(String(host[field] ?? ''))) return `HostConfig.${field}`
  const options = Array.isArray(host.SecurityOpt) ? host.SecurityOpt : []
  if (!options.every((option) => harmless.test(String(option)))) return 'HostConfig.SecurityOpt'
  // Docker has its own lists here; empty ones are what `systempaths=unconfined` leaves. Podman lists none.
  if (flavour === 'docker' && Array.isArray(host.MaskedPaths) && host.MaskedPaths.length === 0)
    return 'HostConfig.MaskedPaths'
  const mount = (Mounts ?? []).find(({ Type }) => Type !== 'volume' && Type !== 'tmpfs')
  return mount ? `Mounts ${String(mount.Destination).slice(0, 200)}` : null
}

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
