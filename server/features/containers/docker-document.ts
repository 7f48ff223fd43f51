import { standsAlone } from '#lib/containers/spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import type { CreateBody } from '../../engine/create.ts'
import { createBody } from './create-body.ts'
import { type Inspected, isSomething } from './inspected.ts'
import type { Known } from './known.ts'
import { merge, same } from './merge.ts'
import { mergeMounts } from './mount-fields.ts'

type Fields = Record<string, unknown>

/**
 * Docker's body that makes a container again, with what the person changed in the form: its own document whole, without what
 * came from its image, which is for the new image to say. All networks are in it, whatever the API version.
 */
export function dockerBody(old: Known, wanted: ContainerSpec): CreateBody {
  const [was, is] = [createBody({ ...old.spec, mounts: [] }), createBody({ ...wanted, mounts: [] })]
  const body = merge(documentOf(old, was), was, is) as CreateBody
  const host = mergeMounts(body.HostConfig, old.spec.mounts, wanted.mounts)
  forgetWhatFollowed(host, old.spec, wanted)
  return { ...body, HostConfig: host, ...networking(body, host, old.spec, wanted) }
}

/** What engines wrote beside a field by themselves goes with it when that is changed. */
function forgetWhatFollowed(host: Fields, was: ContainerSpec, is: ContainerSpec): void {
  if (was.limits.cpus !== is.limits.cpus) for (const field of ['CpuQuota', 'CpuPeriod']) delete host[field]
  const isUsualSwap = was.limits.memorySwap === undefined && is.limits.memorySwap === undefined
  if (was.limits.memory !== is.limits.memory && isUsualSwap) delete host.MemorySwap
  if (was.privileged !== is.privileged) {
    for (const field of ['MaskedPaths', 'ReadonlyPaths']) delete host[field]
    const options = ((host.SecurityOpt ?? []) as string[]).filter(
      (option) => !/^label[=:]disable$/.test(option),
    )
    if (is.securityOptions.length === 0) host.SecurityOpt = options
    if (options.length === 0) delete host.SecurityOpt
  }
}

function networking(body: CreateBody, host: Fields, was: ContainerSpec, is: ContainerSpec): Fields {
  const { EndpointsConfig: all = {} } = body.NetworkingConfig ?? {}
  const isSame = same(was.networks, is.networks)
  if (!isSame && is.networks.length === 0) delete host.NetworkMode
  const names = is.networks.map(({ name }) => name)
  const kept = Object.entries(all).filter(([name]) => isSame || names.includes(name))
  return { NetworkingConfig: kept.length > 0 ? { EndpointsConfig: Object.fromEntries(kept) } : undefined }
}

/** The document as a body. Of what the form knows, `was` says what is the container's own. */
function documentOf({ inspect, image, spec }: Known, was: CreateBody): CreateBody {
  const { Config: config, HostConfig: host } = inspect
  const { Image: _image, HostConfig: _host, NetworkingConfig: _networks, ...own } = was
  const further: Fields = {}
  for (const [field, value] of Object.entries(config)) {
    if (field in own || formFields.has(field) || !isSomething(value) || same(value, image?.[field])) continue
    const rest = ['ExposedPorts', 'Volumes'].includes(field) ? withoutKeys(value, image?.[field]) : value
    if (isSomething(rest)) further[field] = rest
  }
  const exposed = {
    ...withoutKeys(config.ExposedPorts, image?.ExposedPorts),
    ...(was.ExposedPorts as Fields | undefined),
  }
  const health = spec.health ? config.Healthcheck : undefined
  return {
    ...further,
    ...own,
    Image: config.Image,
    ...(isSomething(exposed) ? { ExposedPorts: exposed } : {}),
    ...(health ? { Healthcheck: health } : {}),
    HostConfig: Object.fromEntries(Object.entries(host).filter(isSaid)),
    ...endpointsOf(inspect, spec),
  }
}

/** Of Config, what the form has: absent from its body it is the image's, or nothing. */
const formFields = new Set([
  'Image',
  'Hostname',
  'User',
  'WorkingDir',
  'Tty',
  'OpenStdin',
  'Env',
  'Labels',
  'Cmd',
  'Entrypoint',
  'StopSignal',
  'StopTimeout',
  'Healthcheck',
  'ExposedPorts',
  // Said of the endpoint.
  'OnBuild',
  'MacAddress',
])

/** Fields of which empty, zero or off is not the same as unsaid. */
const saidWhenEmpty = ['MaskedPaths', 'ReadonlyPaths', 'Init', 'MemorySwappiness']

function isSaid([field, value]: [string, unknown]): boolean {
  if (field === 'ConsoleSize') return !same(value, [0, 0])
  if (field === 'MemorySwappiness' && value === -1) return false
  if (field === 'MaskedPaths' || field === 'ReadonlyPaths') return isOwnPaths(field, value)
  return saidWhenEmpty.includes(field) ? value !== null && value !== undefined : isSomething(value)
}

/** What every Docker since 17.06 has in its own lists. A longer list is a newer engine's own, and that engine's to say. */
const usualPaths = {
  MaskedPaths: [
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/timer_list',
    '/proc/sched_debug',
    '/proc/scsi',
  ],
  ReadonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
}

function isOwnPaths(field: keyof typeof usualPaths, value: unknown): boolean {
  return Array.isArray(value) && !usualPaths[field].every((path) => value.includes(path))
}

function withoutKeys(value: unknown, ofImage: unknown): Fields {
  return Object.fromEntries(
    Object.entries((value ?? {}) as Fields).filter(([key]) => !(key in ((ofImage ?? {}) as Fields))),
  )
}

/** What an endpoint was asked for; the rest of it is what the network gave. */
function endpointsOf({ Id, Config, HostConfig, NetworkSettings }: Inspected, spec: ContainerSpec): Fields {
  const mode = HostConfig.NetworkMode
  if (standsAlone(mode)) return {}
  const all = Object.entries(NetworkSettings?.Networks ?? {})
  const main = all.find(([name]) => name === mode)?.[0] ?? all[0]?.[0]
  const found = all.flatMap(([name, endpoint]): [string, Fields][] => {
    const asked = Object.fromEntries(
      ['IPAMConfig', 'Links', 'DriverOpts', 'GwPriority']
        .map((field) => [field, endpoint?.[field]] as const)
        .filter(([, value]) => isSomething(value)),
    )
    const aliases = (endpoint?.Aliases ?? []).filter(
      (alias) => alias !== Id.slice(0, 12) && alias !== Config.Hostname,
    )
    /*
     * Config has the address that was asked for in the main network. Of a further one nobody tells a fixed address from one
     * that was given, both stand in the endpoint: it stays as it is (API 1.44; before, none could be asked for).
     */
    const mac = name === main ? Config.MacAddress : endpoint?.MacAddress
    const settings = {
      ...asked,
      ...(aliases.length > 0 ? { Aliases: aliases } : {}),
      ...(mac ? { MacAddress: mac } : {}),
    }
    const isNamed = spec.networks.some((network) => network.name === name)
    return isNamed || isSomething(settings) ? [[name, settings]] : []
  })
  return found.length > 0 ? { NetworkingConfig: { EndpointsConfig: Object.fromEntries(found) } } : {}
}
