import { standsAlone } from '#lib/containers/spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { runArguments } from '#lib/docker-run/print.ts'
import { toPorts } from '#lib/docker-run/values.ts'
import { libpodBody, libpodMounts } from './libpod-body.ts'
import { type LibpodExtras, type LibpodInspect, libpodExtras } from './libpod-document.ts'
import { merge, same } from './merge.ts'
import { optionsOfCommand } from './podman-command.ts'

type Fields = Record<string, unknown>

/** The form's view of a container on Podman, with the addresses that only its command tells. */
export function withAddresses(spec: ContainerSpec, { fields }: LibpodExtras): ContainerSpec {
  const endpoints = (fields.Networks ?? {}) as Record<string, { static_ips?: string[] }>
  return {
    ...spec,
    networks: spec.networks.map((network) => ({
      ...network,
      ip: network.ip || (endpoints[network.name]?.static_ips?.[0] ?? ''),
    })),
  }
}

/**
 * libpod's body that makes a container again, with what the person changed in the form: its document and its command whole.
 * Docker's schema on Podman could not say most of it.
 */
export function libpodAgain(
  old: { spec: ContainerSpec; libpod: LibpodInspect },
  wanted: ContainerSpec,
): Fields {
  const { fields, told } = libpodExtras(old.libpod)
  const [was, is] = [libpodBody(old.spec), libpodBody(wanted)]
  const base = overlay(was, { ...fields, ...withoutRandomPorts(old, fields) })
  const body = merge(base, was, is) as Fields
  if (!same(was.userns, is.userns)) delete body.idmappings
  if (!same(old.spec.networks, wanted.networks)) keepNetworks(body, wanted)
  const { limits } = old.spec
  if (limits.memory !== wanted.limits.memory && !limits.memorySwap && !wanted.limits.memorySwap)
    // Twice the memory is what the engine put in by itself.
    delete (body.resource_limits as { memory?: Fields }).memory?.swap
  if (body.Networks && !body.netns) body.netns = { nsmode: 'bridge' }
  const own = libpodMounts(wanted.mounts)
  body.volumes = own.volumes
  body.mounts = [...(own.mounts as object[]), ...((fields.mounts ?? []) as object[])]
  // What of the command nothing else tells is to be read there again.
  body.containerCreateCommand = [
    'podman',
    'create',
    ...runArguments({ ...wanted, networks: alone(wanted) }, 'podman').flat(),
    ...networkWords(body.Networks as Networks | undefined),
    ...told.filter(({ name }) => !ofNetworks.has(name)).map(({ name, value }) => `--${name}=${value}`),
    wanted.image,
    ...(wanted.command ?? []),
  ]
  return body
}

type Networks = Record<
  string,
  {
    static_ips?: string[]
    static_mac?: string
    aliases?: string[]
    interface_name?: string
    options?: Record<string, string>
  }
>

const ofNetworks = new Set(['network', 'ip', 'ip6', 'mac-address', 'network-alias'])
const alone = ({ networks }: ContainerSpec) => networks.filter(({ name }) => standsAlone(name))

function networkWords(networks: Networks | undefined): string[] {
  return Object.entries(networks ?? {}).map(([name, endpoint]) => {
    const fields = [
      ...(endpoint.aliases ?? []).map((alias) => `alias=${alias}`),
      ...(endpoint.static_ips ?? []).map((ip) => `ip=${ip}`),
      ...(endpoint.static_mac ? [`mac=${endpoint.static_mac}`] : []),
      ...(endpoint.interface_name ? [`interface_name=${endpoint.interface_name}`] : []),
      ...Object.entries(endpoint.options ?? {}).map(([key, value]) => `${key}=${value}`),
    ]
    return `--network=${[name, fields.join(',')].filter(Boolean).join(':')}`
  })
}

/** Those that the form still has; with none, the engine's default. */
function keepNetworks(body: Fields, { networks }: ContainerSpec): void {
  const names = networks.map(({ name }) => name)
  const kept = Object.entries((body.Networks ?? {}) as Networks).filter(([name]) => names.includes(name))
  if (kept.length > 0) body.Networks = Object.fromEntries(kept)
  else delete body.Networks
  if (networks.length === 0) delete body.netns
}

/** Under -P Podman lists what it chose among the ports that were asked for. */
function withoutRandomPorts(
  { libpod, spec }: { spec: ContainerSpec; libpod: LibpodInspect },
  fields: Fields,
): Fields {
  if (!fields.publish_image_ports) return {}
  const asked = (optionsOfCommand(libpod.Config.CreateCommand) ?? [])
    .filter(({ name }) => name === 'publish')
    .flatMap(({ value }) => toPorts(value) ?? [])
  const isAsked = (port: ContainerSpec['ports'][number]) =>
    asked.some((one) => one.containerPort === port.containerPort && one.protocol === port.protocol)
  const ports = spec.ports.filter(isAsked)
  return { portmappings: libpodBody({ ...spec, ports }).portmappings ?? [] }
}

/** The fields of both; of one that both have, the second's, objects field by field. */
function overlay(under: Fields, over: Fields): Fields {
  const all = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = all[key]
    all[key] = isFields(below) && isFields(value) ? overlay(below, value) : value
    if (all[key] === undefined) delete all[key]
  }
  return all
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A dependent's body, with the new containers in place of the old ones that it names. */
export function withNewLibpodTargets(
  body: Fields,
  targets: readonly { id: string; name: string; newId: string; newName: string }[],
): Fields {
  const all = { ...body }
  const fresh = (reference: string): string => {
    const found = targets.find(
      ({ id, name }) => reference === name || (reference.length >= 12 && id.startsWith(reference)),
    )
    return found?.newId ?? reference
  }
  for (const field of ['netns', 'ipcns', 'pidns', 'utsns', 'userns', 'cgroupns']) {
    const namespace = all[field] as { nsmode: string; value?: string } | undefined
    if (namespace?.nsmode === 'container' && namespace.value)
      all[field] = { ...namespace, value: fresh(namespace.value) }
  }
  if (all.volumes_from)
    all.volumes_from = (all.volumes_from as string[]).map((entry) => {
      const [from = '', ...mode] = entry.split(':')
      return [fresh(from), ...mode].join(':')
    })
  if (all.dependencyContainers) all.dependencyContainers = (all.dependencyContainers as string[]).map(fresh)
  return all
}
