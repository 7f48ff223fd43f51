import type { Container } from '../contracts/containers.ts'
import type { Volume } from '../contracts/volumes.ts'
import { objectKey } from '../fleet/apply-live.ts'

/** A volume of a host with who uses it. */
export interface VolumeRow {
  /** Host and name: the same name on two hosts is two volumes. */
  key: string
  volume: Volume
  /** Containers that have it, running or not, by name. */
  users: readonly Container[]
  /** How many of them are at work. */
  running: number
  /** Compose project; else that of the containers, where they agree. */
  stack: string | null
  isAnonymous: boolean
  /**
   * Which containers use it is not known of all: who has a volume Podman tells only of each container, and that is under way.
   */
  isOpen: boolean
}

const atWork: ReadonlySet<Container['state']> = new Set(['running', 'paused', 'restarting'])
const anonymousLabel = 'com.docker.volume.anonymous'
/** Of docker compose, podman-compose and swarm. */
const stackLabels = ['com.docker.compose.project', 'io.podman.compose.project', 'com.docker.stack.namespace']

/** Made by an engine for a container that named none: Docker before 24 and Podman tell by the name alone. */
export const isAnonymous = ({ id, labels }: Pick<Volume, 'id' | 'labels'>): boolean =>
  anonymousLabel in labels || /^[0-9a-f]{64}$/.test(id)

export function volumeRows(volumes: readonly Volume[], containers: Iterable<Container>): VolumeRow[] {
  const users = new Map<string, Container[]>()
  const open = new Set<string>()
  for (const container of containers) {
    if (container.volumes === null) open.add(container.hostId)
    for (const name of container.volumes ?? []) {
      const key = objectKey(container.hostId, name)
      const list = users.get(key)
      if (list) list.push(container)
      else users.set(key, [container])
    }
  }
  return volumes.map((volume) => {
    const key = objectKey(volume.hostId, volume.id)
    const using = (users.get(key) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return {
      key,
      volume,
      users: using,
      running: using.filter(({ state }) => atWork.has(state)).length,
      stack: stackOf(volume, using),
      isAnonymous: isAnonymous(volume),
      isOpen: open.has(volume.hostId),
    }
  })
}

function stackOf({ labels }: Volume, users: readonly Container[]): string | null {
  const own = stackLabels.map((name) => labels[name]).find(Boolean)
  if (own) return own
  const [first, ...others] = new Set(users.map(({ stack }) => stack))
  return first && others.length === 0 ? first : null
}
