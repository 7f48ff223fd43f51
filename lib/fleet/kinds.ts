import type { Container } from '../contracts/containers.ts'
import type { Image } from '../contracts/images.ts'
import type { Network } from '../contracts/networks.ts'
import type { Pod } from '../contracts/pods.ts'
import type { Volume } from '../contracts/volumes.ts'
import type { Permission } from '../permissions.ts'

/** What a host has, by kind. */
export interface FleetObjects {
  containers: Container
  images: Image
  volumes: Volume
  networks: Network
  pods: Pod
}
export type ObjectKind = keyof FleetObjects
/** Kinds of which somebody sees all of a host's or none. */
export type HostKind = Exclude<ObjectKind, 'containers'>

interface Kind<T> {
  /** Whether each object is somebody's by itself, or all of a host's together. */
  scope: 'container' | 'host'
  /** Without it there are none of them. */
  view: Extract<Permission, `${string}.view`>
  /** What an engine's events call it. */
  event: 'container' | 'image' | 'volume' | 'network' | 'pod'
  /** What people call it; null for what has only an id. */
  nameOf(object: T): string | null
}

/**
 * A row for each kind of object. The live protocol, the browser's cache, what somebody sees of it, the lists of the API and
 * the names in the audit log are made of these rows.
 */
export const kinds: Readonly<{ [K in ObjectKind]: Kind<FleetObjects[K]> }> = {
  containers: {
    scope: 'container',
    view: 'containers.view',
    event: 'container',
    nameOf: ({ name }) => name,
  },
  images: { scope: 'host', view: 'images.view', event: 'image', nameOf: ({ tags }) => tags[0] ?? null },
  volumes: { scope: 'host', view: 'volumes.view', event: 'volume', nameOf: ({ id }) => id },
  networks: { scope: 'host', view: 'networks.view', event: 'network', nameOf: ({ name }) => name },
  pods: { scope: 'host', view: 'pods.view', event: 'pod', nameOf: ({ name }) => name },
}

export const objectKinds = Object.keys(kinds) as ObjectKind[]
export const hostKinds = objectKinds.filter((kind): kind is HostKind => kinds[kind].scope === 'host')

/** Of which kind an engine's event of this type tells. */
export const kindOfEvent = (type: (typeof kinds)[ObjectKind]['event']) =>
  objectKinds.find((kind) => kinds[kind].event === type)

/** A record with an entry for each kind. */
export function eachKind<T>(of: (kind: ObjectKind) => T): Record<ObjectKind, T> {
  return Object.fromEntries(objectKinds.map((kind) => [kind, of(kind)])) as Record<ObjectKind, T>
}
