import { cutContainer, cutImage, type Fields, inTexts, rows, seenNames } from '../access/other-names.ts'
import { parseExactly } from '../create-policy/exact-json.ts'
import { asCalled } from './answer.ts'
import { factsOf } from './documents.ts'
import type { AuthorizedRequest } from './prepare.ts'
import type { Seen } from './seen.ts'
import { cutInfo, cutLock, cutUsage, cutVolume } from './visible-figures.ts'

/** What kinds of answers tell of containers, and have to be cut down to those that are seen. */
export type Telling =
  | ('container' | 'containers' | 'events' | 'images' | 'info' | 'networks' | 'pods' | 'usage' | 'volumes')
  | 'words'

/**
 * A list or document of an engine without what is not seen of it. Changed in place, but for lists.
 * @param newest how many of a list of containers were asked for; null for all
 */
export function onlySeen(
  kind: Exclude<Telling, 'events'>,
  document: unknown,
  seen: Seen,
  newest: number | null,
): unknown {
  const isSeen = seenNames(seen)
  const keep: Record<typeof kind, (document: unknown) => unknown> = {
    container: (found) => eachOf(found, (container) => cutContainer(container, seen, isSeen)),
    containers: (found) => {
      const shown = rows(found).filter((row) => seen.container(factsOf(row)))
      return eachOf(newestOf(shown, newest), (container) => cutContainer(container, seen, isSeen))
    },
    images: (found) => eachOf(found, (image) => cutImage(image, seen)),
    info: (found) => eachOf(found, (info) => cutInfo(info, seen)),
    networks: (found) => eachOf(found, (network) => cutContainers(network, seen)),
    pods: (found) => eachOf(found, (pod) => cutPod(pod, seen)),
    usage: (found) => cutUsage(found as Fields, seen),
    volumes(found) {
      eachOf((found as Fields).Volumes ?? found, cutVolume)
      return found
    },
    words: (found) => inTexts(found, seen.words),
  }
  return inTexts(keep[kind](document), seen.withoutIds)
}

function eachOf(found: unknown, change: (document: Fields) => void): unknown {
  for (const document of rows([found].flat())) change(document)
  return found
}

/** The last that were made, as engines cut a list; in the order in which they stand. */
function newestOf(containers: readonly Fields[], newest: number | null): readonly Fields[] {
  if (newest === null) return containers
  const madeAt = ({ Created }: Fields) =>
    typeof Created === 'number' ? Created : Date.parse(String(Created))
  const kept = new Set(containers.toSorted((a, b) => madeAt(b) - madeAt(a)).slice(0, newest))
  return containers.filter((container) => kept.has(container))
}

/** An engine's refusal, which may name what is in the way: a document, or the bare words. */
export function refusalSeen(body: string, seen: Seen): string {
  try {
    return `${JSON.stringify(inTexts(parseExactly(body), seen.words))}\n`
  } catch {
    return seen.words(body)
  }
}

/** As its sender may know it, and of the name that they used. */
export const refusalTold = (
  body: string,
  { seen, called }: Pick<AuthorizedRequest, 'seen' | 'called'>,
): string => asCalled(seen ? refusalSeen(body, seen) : body, called)

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
  // How many addresses are taken, and by which tasks of a swarm.
  for (const field of ['Status', 'Services']) if (typeof document[field] === 'object') delete document[field]
}

function cutPod(pod: Fields, seen: Seen): void {
  cutContainers(pod, seen)
  cutLock(pod)
  if ('NumContainers' in pod) pod.NumContainers = rows(pod.Containers).length
  for (const field of ['InfraId', 'InfraContainerID']) {
    const facts = seen.known(String(pod[field] ?? ''))
    if (pod[field] && !(facts && seen.container(facts))) pod[field] = ''
  }
}
