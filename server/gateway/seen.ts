import type { Container } from '#lib/contracts/containers.ts'
import type { HostKind } from '#lib/fleet/kinds.ts'
import type { Access } from '../access/access.ts'
import { type Others, othersOf } from '../access/other-names.ts'
import { veilWords } from '../access/redact-error.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { Principal } from '../principal/principal.ts'

export type ContainerFacts = Pick<Container, 'id' | 'name' | 'labels'>

/** What somebody sees of a host who may not see all of it. Asked anew each time: tags and grants change under a stream. */
export interface Seen extends Others {
  container(container: ContainerFacts): boolean
  /** Whether they may know what runs in it, which events of it tell. */
  processes(container: ContainerFacts): boolean
  objects(kind: HostKind): boolean
  /** Of a container by its full id, as the dashboard knows it. */
  known(id: string): ContainerFacts | undefined
  /** As `known`, asked of the engine, for what the dashboard has not heard of yet. */
  find(name: string): Promise<ContainerFacts | null>
  /** An engine's words without containers that they may not know of. */
  words(text: string): string
}

export function seenOf(
  principal: Principal,
  hostId: string,
  { access, fleet }: { access: Pick<Access, 'visibilityOf' | 'told'>; fleet: FleetState },
  find: Seen['find'],
  said: string,
): Seen {
  return {
    ...othersOf(fleet, hostId, () => access.visibilityOf(principal)),
    container: (facts) => access.visibilityOf(principal).container({ ...facts, hostId }),
    processes: (facts) => access.visibilityOf(principal).may('containers.top', { ...facts, hostId }),
    objects: (kind) => access.visibilityOf(principal).objects(kind, hostId),
    known: (id) => fleet.get('containers', hostId, id),
    find,
    words: (text) => veilWords(text, access.told(principal, said, hostId)),
  }
}
