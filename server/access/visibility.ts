import type { Container } from '#lib/contracts/containers.ts'
import type { Volume } from '#lib/contracts/volumes.ts'
import type { HostKind } from '#lib/fleet/kinds.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Principal } from '../principal/principal.ts'

/** What of the fleet is there for somebody. What is not is answered as what does not exist. */
export interface Visibility {
  /** All of it: nothing has to be looked at one by one. */
  everything: boolean
  host(hostId: string): boolean
  container(container: Pick<Container, 'hostId' | 'id' | 'name' | 'labels'>): boolean
  /** All images, volumes, networks or pods of a host. */
  objects(kind: HostKind, hostId: string): boolean
  /** One volume: by its labels, or as that of a container that they see, where they see not all of its host's. */
  volume(volume: Pick<Volume, 'hostId' | 'id' | 'labels'>): boolean
  /** A permission on a container that they see. */
  may(permission: Permission, container: Pick<Container, 'hostId' | 'name' | 'labels'>): boolean
  /** A permission for all that is on a host, or on every host. */
  mayHostWide(permission: Permission, hostId?: string): boolean
}

/** What somebody sees now. A visibility does not outlive its request: tags and grants change. */
export type VisibilityOf = (principal: Principal) => Visibility
