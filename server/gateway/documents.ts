import type { Fields } from '../access/other-names.ts'
import { ownName } from '../engine/normalise-containers.ts'
import type { ContainerFacts } from './seen.ts'

/** libpod's disk usage names its fields otherwise. */
export function factsOf({ Id, ContainerID, Names, Labels }: Fields): ContainerFacts {
  return {
    id: String(Id ?? ContainerID ?? ''),
    name: ownName([Names ?? ''].flat().map(String)),
    labels: (typeof Labels === 'object' && Labels !== null ? Labels : {}) as Record<string, string>,
  }
}
