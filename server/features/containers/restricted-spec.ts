import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { readDockerCreate } from '../../create-policy/docker.ts'
import type { CreateBody } from '../../engine/create.ts'
import { AppError } from '../../errors.ts'
import { sentence } from '../../messages.ts'
import { createBody } from './create-body.ts'

/** Reads a body by the policy and gives back what of it goes to the engine. */
export type RestrictBody = (body: unknown) => Promise<CreateBody>

/**
 * Refuses a spec before anything is asked of an engine, as far as that can be told: throws policy_field with the place in
 * the form that is at fault.
 */
export function refuseRestricted(spec: ContainerSpec): void {
  try {
    // As it is sent: without what is not said.
    readDockerCreate(JSON.parse(JSON.stringify(createBody(spec))))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'policy_field') throw error
    const { params, detail } = error.context
    const path = `spec.${placeOf(String(params?.field), spec)}`
    const message = [sentence('policy_field', params), detail].filter(Boolean).join(' ')
    throw new AppError('policy_field', { ...error.context, fields: [{ path, message }] })
  }
}

const places: Readonly<Record<string, string>> = {
  Image: 'image',
  Hostname: 'hostname',
  User: 'user',
  WorkingDir: 'workdir',
  StopSignal: 'stopSignal',
  Privileged: 'privileged',
  CapAdd: 'capAdd',
  CapDrop: 'capDrop',
  SecurityOpt: 'securityOptions',
  GroupAdd: 'groups',
  Devices: 'devices',
  DeviceRequests: 'gpus',
  Sysctls: 'sysctls',
  PidMode: 'pidMode',
  IpcMode: 'ipcMode',
  UTSMode: 'utsMode',
  UsernsMode: 'usernsMode',
  NetworkMode: 'networks.0.name',
  Dns: 'dns',
  DnsSearch: 'dnsSearch',
  Ulimits: 'ulimits',
  LogConfig: 'log',
}

/** Where the form has what a field of the engine's body was made of. */
function placeOf(field: string, spec: ContainerSpec): string {
  const [name = '', first = ''] = field.replace(/^HostConfig\./, '').split('.')
  const key = field.replace(/^(?:HostConfig\.)?\w+\./, '')
  const mounts = spec.mounts.map((mount, index) => ({ ...mount, index }))
  if (name === 'Binds') {
    const bound = mounts.filter(({ type, source }) => type !== 'tmpfs' && source !== '')
    return `mounts.${bound[Number(first)]?.index ?? 0}.source`
  }
  if (name === 'Tmpfs') return `mounts.${mounts.find(({ target }) => target === key)?.index ?? 0}.target`
  if (name === 'PortBindings') {
    const ports = spec.ports.map((port, index) => ({ ...port, index }))
    const same = ports.filter(({ containerPort, protocol }) => `${containerPort}/${protocol}` === first)
    return `ports.${same[Number(field.split('.')[3])]?.index ?? 0}.hostPort`
  }
  if (name === 'Labels') return `labels.${spec.labels.findIndex((label) => label.name === key)}.name`
  if (name === 'Env' || name === 'ExtraHosts') return `${name === 'Env' ? 'env' : 'extraHosts'}.${first}`
  if (name === 'NetworkingConfig')
    return `networks.${Math.max(
      0,
      spec.networks.findIndex((network) => field.includes(network.name)),
    )}.name`
  return places[name] ?? name
}
