import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import type { Inspected } from './inspected.ts'
import { isAnonymous } from './spec-from-inspect.ts'

/** Volumes without a name of their own hold data all the same: they go over to the new container, as compose does it. */
export function withAnonymousVolumes(
  { Mounts }: Inspected,
  wanted: ContainerSpec['mounts'],
): ContainerSpec['mounts'] {
  const taken = new Set(wanted.filter(({ type, source }) => type !== 'volume' || source !== '').map(targetOf))
  const kept = (Mounts ?? []).flatMap(({ Type, Name = '', Destination, RW }) =>
    Type === 'volume' && isAnonymous(Name) && !taken.has(Destination)
      ? [{ type: 'volume' as const, source: Name, target: Destination, readOnly: RW === false, options: [] }]
      : [],
  )
  const carried = new Set(kept.map(targetOf))
  return [...wanted.filter(({ target, source }) => source !== '' || !carried.has(target)), ...kept]
}

const targetOf = ({ target }: { target: string }) => target
