import type { Dependent } from '#lib/contracts/container-create.ts'
import type { CreateBody } from '../../engine/create.ts'
import type { EngineClient } from '../../engine/types.ts'
import type { Inspected } from './inspected.ts'

/** At once, of a host's containers. */
const width = 10

type Named = Pick<NewTarget, 'id' | 'name'>

/** An inspect document with what only Podman has. */
interface Document extends Inspected {
  Dependencies?: string[] | null
}

/**
 * The containers that can't go on without this one: they share a namespace or the volumes with it, are linked to it, or
 * require it (Podman). Those that depend on others of them come after those.
 */
export async function dependentsOf(
  engine: EngineClient,
  target: Inspected,
  signal: AbortSignal,
): Promise<(Dependent & { on: string })[]> {
  const rows = (await engine.containers.list({ signal })).filter(({ id }) => id !== target.Id)
  const documents: Document[] = []
  const queue = [...rows]
  // Podman's own document knows what requires what.
  const inspect = (id: string) =>
    engine.info?.flavour === 'podman'
      ? engine.containers.inspectLibpod(id, { signal })
      : engine.containers.inspect(id, { signal })
  const read = async () => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      // One that goes meanwhile depends on nothing any more.
      const found = await inspect(row.id).catch(() => null)
      if (found) documents.push(found as unknown as Document)
    }
  }
  await Promise.all(Array.from({ length: width }, read))
  const found: (Dependent & { on: string })[] = []
  const base: Inspected[] = [target]
  for (let one = base.shift(); one; one = base.shift()) {
    for (const document of documents) {
      const by = dependence(document, { id: one.Id, name: nameOf(one) })
      if (!by || document.Id === target.Id || found.some(({ id }) => id === document.Id)) continue
      found.push({ id: document.Id, name: nameOf(document), by, on: one.Id })
      base.push(document)
    }
  }
  return found
}

const nameOf = ({ Name }: Inspected) => Name.replace(/^\//, '')

function dependence({ HostConfig: host, Dependencies }: Document, on: Named): Dependent['by'] | null {
  if (names(host.NetworkMode, on)) return 'network'
  if (names(host.IpcMode, on)) return 'ipc'
  if (names(host.PidMode, on)) return 'pid'
  const from = (host.VolumesFrom ?? []) as string[]
  if (from.some((entry) => isOf(entry.split(':', 1)[0], on))) return 'volumes'
  const links = (host.Links ?? []) as string[]
  if (links.some((entry) => isOf(entry.split(':', 1)[0]?.replace(/^\//, ''), on))) return 'link'
  return (Dependencies ?? []).includes(on.id) ? 'requires' : null
}

const names = (mode: string | undefined, on: Named) =>
  mode?.startsWith('container:') === true && isOf(mode.slice('container:'.length), on)

/** By its name, its id, or 12 and more characters of that. */
function isOf(reference: string | undefined, on: Named): boolean {
  if (!reference) return false
  return reference === on.name || (reference.length >= 12 && on.id.startsWith(reference))
}

/** An old container and the new one in its place. */
export interface NewTarget {
  id: string
  name: string
  newId: string
  newName: string
}

/** A dependent's body, with the new containers in place of the old ones that it names. */
export function withNewTargets(body: CreateBody, targets: readonly NewTarget[]): CreateBody {
  const host = { ...body.HostConfig }
  for (const target of targets) {
    const { newId, newName } = target
    for (const field of ['NetworkMode', 'IpcMode', 'PidMode'])
      if (names(host[field] as string | undefined, target)) host[field] = `container:${newId}`
    if (host.VolumesFrom)
      host.VolumesFrom = (host.VolumesFrom as string[]).map((entry) => {
        const [from, ...mode] = entry.split(':')
        if (!isOf(from, target)) return entry
        return [from === target.name ? newName : newId, ...mode].join(':')
      })
    if (host.Links)
      host.Links = (host.Links as string[]).map((entry) => {
        const [to = '', alias = ''] = entry.split(':')
        // The document has "/other:/this/alias".
        return isOf(to.replace(/^\//, ''), target) ? `${newName}:${alias.split('/').at(-1)}` : entry
      })
  }
  return { ...body, HostConfig: host }
}
