import type { Container } from '#lib/contracts/containers.ts'

export type ContainerFacts = Pick<Container, 'id' | 'name' | 'labels'>

/** What somebody sees of a host who may not see all of it. */
export interface Seen {
  container(container: ContainerFacts): boolean
  /** Whether they may know what runs in it, which events of it tell. */
  processes(container: ContainerFacts): boolean
  objects(kind: 'images' | 'volumes' | 'networks' | 'pods'): boolean
  /** Of a container by its full id, as the dashboard knows it. */
  known(id: string): ContainerFacts | undefined
  /** As `known`, asked of the engine, for what the dashboard has not heard of yet. */
  find(name: string): Promise<ContainerFacts | null>
}

/** What kinds of answers tell of containers, and have to be cut down to those that are seen. */
export type Telling = 'containers' | 'networks' | 'pods' | 'usage' | 'events'

type Fields = Record<string, unknown>

/** A list or document of an engine without what is not seen of it. Changed in place, but for lists. */
export function onlySeen(kind: Exclude<Telling, 'events'>, document: unknown, seen: Seen): unknown {
  const keep: Record<typeof kind, (document: unknown) => unknown> = {
    containers: (found) => rows(found).filter((row) => seen.container(factsOf(row))),
    networks: (found) => eachOf(found, (network) => cutContainers(network, seen)),
    pods: (found) => eachOf(found, (pod) => cutContainers(pod, seen)),
    usage: (found) => cutUsage(found as Fields, seen),
  }
  return keep[kind](document)
}

/** Whether an event is of something that is seen. `told` are the containers that others of the same stream were of. */
export async function isSeenEvent(
  event: unknown,
  seen: Seen,
  told: Map<string, ContainerFacts>,
): Promise<boolean> {
  const { Type: type, Actor: actor } = event as { Type?: unknown; Actor?: Fields }
  const id = typeof actor?.ID === 'string' ? actor.ID : ''
  const of = async (containerId: string) => {
    // What is removed is known from before; what is new, to the engine.
    const facts = seen.known(containerId) ?? told.get(containerId) ?? (await seen.find(containerId))
    if (facts) told.set(containerId, facts)
    return facts !== null && seen.processes(facts)
  }
  if (type === 'container') return of(id)
  if (type === 'network' || type === 'volume') {
    const container = (actor?.Attributes as Fields | undefined)?.container
    return seen.objects(`${type}s`) && (typeof container !== 'string' || (await of(container)))
  }
  return (type === 'image' || type === 'pod') && seen.objects(`${type}s`)
}

const rows = (found: unknown) =>
  (Array.isArray(found) ? found : []).filter((row): row is Fields => typeof row === 'object' && row !== null)

/** Docker's names have a slash before them; libpod's disk usage names its fields otherwise. */
function factsOf({ Id, ContainerID, Names, Labels }: Fields): ContainerFacts {
  const [name] = [Names].flat()
  return {
    id: String(Id ?? ContainerID ?? ''),
    name: String(name ?? '').replace(/^\//, ''),
    labels: (typeof Labels === 'object' && Labels !== null ? Labels : {}) as Record<string, string>,
  }
}

function eachOf(found: unknown, change: (document: Fields) => void): unknown {
  for (const document of rows([found].flat())) change(document)
  return found
}

/** A map by id, or a list, of those in a network or pod. */
function cutContainers(document: Fields, seen: Seen): void {
  const isSeen = (id: unknown) => {
    const facts = seen.known(String(id))
    return facts !== undefined && seen.container(facts)
  }
  for (const field of ['Containers', 'containers']) {
    const inside = document[field]
    if (Array.isArray(inside)) document[field] = rows(inside).filter(({ Id }) => isSeen(Id))
    else if (typeof inside === 'object' && inside !== null)
      document[field] = Object.fromEntries(Object.entries(inside).filter(([id]) => isSeen(id)))
  }
}

function cutUsage(usage: Fields, seen: Seen): Fields {
  // libpod's rows carry no labels.
  const isSeen = (row: Fields) => {
    const facts = factsOf(row)
    return seen.container(seen.known(facts.id) ?? facts)
  }
  const of = (name: string, kept: boolean) => (kept && Array.isArray(usage[name]) ? usage[name] : [])
  return {
    ...(seen.objects('images') ? { LayersSize: usage.LayersSize } : {}),
    Images: of('Images', seen.objects('images')),
    Volumes: of('Volumes', seen.objects('volumes')),
    Containers: rows(usage.Containers).filter(isSeen),
    BuildCache: [],
  }
}
