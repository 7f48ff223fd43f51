import { standsAlone } from '#lib/containers/spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import type { Inspected } from './inspected.ts'

/** Networks that an engine puts a container into when nothing is said. */
const defaults = ['default', 'bridge', 'podman', 'pasta', 'slirp4netns', '']

/** The networks that were asked for; none where it is the engine's default alone. */
export function networksOf({
  Id,
  Name,
  Config,
  HostConfig,
  NetworkSettings,
}: Inspected): ContainerSpec['networks'] {
  const mode = HostConfig.NetworkMode
  if (standsAlone(mode)) return [{ name: mode, aliases: [], ip: '' }]
  const found = Object.entries(NetworkSettings?.Networks ?? {}).map(([name, endpoint]) => ({
    name,
    // Engines add the beginning of the id, Docker 20.10 the hostname, Podman the name.
    aliases: (endpoint?.Aliases ?? []).filter(
      (alias) => alias !== Id.slice(0, 12) && ![Config.Hostname, Name.replace(/^\//, '')].includes(alias),
    ),
    ip: endpoint?.IPAMConfig?.IPv4Address || endpoint?.IPAMConfig?.IPv6Address || '',
  }))
  // The one it was made in comes first. A stopped container on Podman may have lost them all.
  found.sort((a, b) => Number(b.name === mode) - Number(a.name === mode))
  if (found.length === 0 && !defaults.includes(mode)) return [{ name: mode, aliases: [], ip: '' }]
  const isDefault = found.every(({ name, ip }) => defaults.includes(name) && ip === '')
  return isDefault ? [] : found
}
