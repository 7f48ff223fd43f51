import type { ContainerSpec } from '../contracts/container-create.ts'
import { parseImageRef } from '../images/image-ref.ts'
import { standsAlone, withoutBrackets } from './spec.ts'

/** What is wrong with a spec: where, in dots, and the key of its sentence in the catalogue under `create.wrong`. */
export interface SpecFault {
  path: string
  code:
    | 'image'
    | 'name'
    | 'envName'
    | 'twice'
    | 'hostPort'
    | 'hostIp'
    | 'absolute'
    | 'source'
    | 'volumeName'
    | 'networkAlone'
    | 'restartAutoRemove'
    | 'swap'
    | 'extraHost'
    | 'gpus'
    | 'portsWithoutNetwork'
}

const nameLike = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/** The faults that can be told without an engine, as one types. The engine has the last word. */
export function checkSpec(spec: ContainerSpec): SpecFault[] {
  const faults: SpecFault[] = []
  const wrong = (path: string, code: SpecFault['code']) => faults.push({ path, code })
  // An id, or the beginning of one, is an image as well.
  if (!parseImageRef(spec.image) && !/^(sha256:)?[0-9a-f]{12,64}$/.test(spec.image)) wrong('image', 'image')
  if (spec.name && !(nameLike.test(spec.name) && spec.name.length > 1)) wrong('name', 'name')
  named(spec.env, 'env', (name) => !name.includes('='))
  named(spec.labels, 'labels', () => true)
  named(spec.sysctls, 'sysctls', (name) => /^[a-z0-9_.-]+$/.test(name))
  const ports = new Set<string>()
  spec.ports.forEach((port, index) => {
    if (!isPortOrRange(port.hostPort)) wrong(`ports.${index}.hostPort`, 'hostPort')
    if (port.hostIp !== '' && !/^([\d.]+|[\da-fA-F:]+|\[[\da-fA-F:]+\])$/.test(port.hostIp))
      wrong(`ports.${index}.hostIp`, 'hostIp')
    const key = `${withoutBrackets(port.hostIp)}:${port.hostPort}/${port.protocol}`
    if (port.hostPort !== '' && ports.has(key)) wrong(`ports.${index}.hostPort`, 'twice')
    ports.add(key)
  })
  const targets = new Set<string>()
  spec.mounts.forEach(({ type, source, target }, index) => {
    if (!target.startsWith('/')) wrong(`mounts.${index}.target`, 'absolute')
    else if (targets.has(target)) wrong(`mounts.${index}.target`, 'twice')
    targets.add(target)
    if (type === 'bind' && !source.startsWith('/')) wrong(`mounts.${index}.source`, 'source')
    if (type === 'volume' && source !== '' && !nameLike.test(source))
      wrong(`mounts.${index}.source`, 'volumeName')
  })
  const networks = new Set<string>()
  spec.networks.forEach(({ name }, index) => {
    if (standsAlone(name) && spec.networks.length > 1) wrong(`networks.${index}.name`, 'networkAlone')
    if (networks.has(name)) wrong(`networks.${index}.name`, 'twice')
    networks.add(name)
  })
  if (spec.ports.length > 0 && spec.networks[0] && standsAlone(spec.networks[0].name))
    wrong('ports', 'portsWithoutNetwork')
  if (spec.workdir && !spec.workdir.startsWith('/')) wrong('workdir', 'absolute')
  if (spec.autoRemove && spec.restart.policy !== 'no') wrong('autoRemove', 'restartAutoRemove')
  const { memory = 0, memorySwap = 0 } = spec.limits
  if (memorySwap > 0 && memorySwap < memory) wrong('limits.memorySwap', 'swap')
  spec.extraHosts.forEach((entry, index) => {
    if (!/^[^:\s]+[:=]\S+$/.test(entry)) wrong(`extraHosts.${index}`, 'extraHost')
  })
  if (spec.gpus && !/^(?:all|\d+|device=[^,\s]+(?:,[^,\s]+)*)$/.test(spec.gpus)) wrong('gpus', 'gpus')
  return faults

  function named(rows: { name: string }[], path: string, fits: (name: string) => boolean) {
    const seen = new Set<string>()
    rows.forEach((row, index) => {
      if (row.name.trim() === '' || !fits(row.name)) wrong(`${path}.${index}.name`, 'envName')
      else if (seen.has(row.name)) wrong(`${path}.${index}.name`, 'twice')
      seen.add(row.name)
    })
  }
}

function isPortOrRange(text: string): boolean {
  if (text === '') return true
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!match) return false
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])]
  return from >= 1 && to <= 65_535 && from <= to
}
