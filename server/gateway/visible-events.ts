import type { Fields } from '../access/other-names.ts'
import type { ContainerFacts, Seen } from './seen.ts'

/**
 * The containers that events of a stream were of. What is gone is asked for by its last events, and an engine that runs
 * for years has had any number of them.
 */
export class ToldContainers {
  private readonly facts = new Map<string, ContainerFacts>()
  /** As many as a busy host removes while one event is on its way. */
  private static readonly most = 1000

  get(id: string): ContainerFacts | undefined {
    return this.facts.get(id)
  }

  add({ id, name, labels }: ContainerFacts): void {
    this.facts.delete(id)
    this.facts.set(id, { id, name, labels })
    const [oldest] = this.facts.keys()
    if (this.facts.size > ToldContainers.most && oldest !== undefined) this.facts.delete(oldest)
  }

  forget(id: string): void {
    this.facts.delete(id)
  }

  get size(): number {
    return this.facts.size
  }
}

/** The last event of a container: Docker's, and Podman's. */
const removals = new Set<unknown>(['destroy', 'remove'])

/** Whether an event is of something that is seen. `told` is of the same stream. */
export async function isSeenEvent(event: unknown, seen: Seen, told: ToldContainers): Promise<boolean> {
  const { Type: type, Action: action, Actor: actor } = event as Fields & { Actor?: Fields }
  const id = typeof actor?.ID === 'string' ? actor.ID : ''
  const of = async (containerId: string) => {
    // What is removed is known from before; what is new, to the engine.
    const facts = seen.known(containerId) ?? told.get(containerId) ?? (await seen.find(containerId))
    if (facts) told.add(facts)
    return facts !== null && seen.processes(facts)
  }
  if (type === 'container') {
    const isSeen = await of(id)
    if (removals.has(action)) told.forget(id)
    return isSeen
  }
  if (type === 'network' || type === 'volume') {
    if (!seen.objects(`${type}s`)) return false
    const container = (actor?.Attributes as Fields | undefined)?.container
    if (typeof container === 'string') return of(container)
    // Docker names network and container in these, Podman the container alone, as what the event is of.
    return action !== 'connect' && action !== 'disconnect' ? true : /^[0-9a-f]{64}$/.test(id) && of(id)
  }
  return (type === 'image' || type === 'pod') && seen.objects(`${type}s`)
}
