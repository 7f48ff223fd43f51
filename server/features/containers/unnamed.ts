import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { seenMode, unnamed } from '../../access/other-names.ts'

const modes = ['pidMode', 'ipcMode', 'utsMode', 'usernsMode'] as const

/** A spec as the form shows it to somebody who does not see each container that it names. */
export function seenSpec(spec: ContainerSpec, isSeen: (name: string) => boolean): ContainerSpec {
  const shown = { ...spec }
  for (const mode of modes) if (spec[mode] !== undefined) shown[mode] = seenMode(spec[mode], isSeen)
  shown.networks = spec.networks.map((network) => ({ ...network, name: seenMode(network.name, isSeen) }))
  return shown
}

/** What came back from the form, with what it could not show as the old container has it. */
export function withUnnamed(spec: ContainerSpec, old: ContainerSpec): ContainerSpec {
  const whole = { ...spec }
  for (const mode of modes) if (spec[mode] === unnamed && old[mode]) whole[mode] = old[mode]
  if (spec.networks[0]?.name === unnamed) whole.networks = old.networks
  return whole
}
