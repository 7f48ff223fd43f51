import type { Container } from '#lib/contracts/containers.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { Visibility } from './visibility.ts'

/** Of an engine's JSON document. */
export type Fields = Record<string, unknown>

export const rows = (found: unknown) =>
  (Array.isArray(found) ? found : []).filter((row): row is Fields => typeof row === 'object' && row !== null)

/** What documents of engines name besides what they are of: the other containers of a host, for who sees a part of them. */
export interface Others {
  /** Those that they see, as the dashboard knows them. */
  containers(): readonly Container[]
  /** A text without ids of containers that they do not see, whole or short. */
  withoutIds(text: string): string
}

/** Runs of digits that can be an id, whole or as engines shorten it. */
const ids = /[0-9a-f]{12,64}/g

/** @param visibility asked anew each time: tags and grants change under a stream */
export function othersOf(
  fleet: Pick<FleetState, 'all'>,
  hostId: string,
  visibility: () => Visibility,
): Others {
  const all = () => fleet.all('containers', hostId)
  let hidden: Set<string> | null = null
  const isHidden = (id: string) => {
    const { container: sees } = visibility()
    hidden ??= new Set(
      all()
        .filter((container) => !sees(container))
        .map((container) => container.id.slice(0, 12)),
    )
    return hidden.has(id.slice(0, 12))
  }
  return {
    containers: () => all().filter(visibility().container),
    withoutIds: (text) => text.replace(ids, (id) => (isHidden(id) ? '?' : id)),
  }
}

/** Null for who sees all of that host's containers: nothing is to be cut. */
export function othersFor(
  fleet: Pick<FleetState, 'all'>,
  hostId: string,
  visibility: () => Visibility,
): Others | null {
  return visibility().mayHostWide('containers.view', hostId) ? null : othersOf(fleet, hostId, visibility)
}

/** All texts of a document but the keys, each replaced. Changed in place, but for a text. */
export function inTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const fields = value as Fields
  for (const [name, each] of Object.entries(fields)) {
    const changed = inTexts(each, change)
    if (changed !== each) fields[name] = changed
  }
  return value
}

/** Instead of the name of one that is not seen. */
export const unnamed = 'container:?'

/** A namespace's mode, or an option of a command: another container in it is named only if it is seen. */
export function seenMode(mode: string, isSeen: (name: string) => boolean): string {
  return mode.replace(/\bcontainer:([^\s,]*)/g, (all, name: string) => (isSeen(name) ? all : unnamed))
}

/** Whether a name or a full id is of a container that they see. */
export function seenNames({ containers }: Others): (given: string) => boolean {
  let names: Set<string> | null = null
  return (given) => {
    names ??= new Set(containers().flatMap(({ id, name }) => [id, name]))
    return names.has(given.replace(/^\//, ''))
  }
}

/** Modes of namespaces that are another container's. */
const modes = ['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode']
/** Where Podman keeps `--volumes-from` (`InspectAnnotationVolumesFrom` of libpod/define). */
const volumesFrom = 'io.podman.annotations.volumes-from'

/** Other containers that one's own document, or row of a list, names. Changed in place. */
export function cutContainer(container: Fields, others: Others, isSeen = seenNames(others)): void {
  const kept = (fields: Fields, field: string, nameOf: (text: string) => string | undefined) => {
    const list = fields[field]
    if (!Array.isArray(list)) return
    fields[field] = list.filter((text) => isSeen(nameOf(String(text)) ?? ''))
  }
  const first = (text: string) => text.split(':', 1)[0]
  // `/parent/alias`, of a link that a parent has to it.
  const { Names } = container
  if (Array.isArray(Names))
    container.Names = Names.filter((name) => {
      const [parent = '', alias] = String(name).replace(/^\//, '').split('/')
      return alias === undefined || isSeen(parent)
    })
  kept(container, 'Dependencies', (id) => id)
  // Podman numbers its containers, volumes and pods together: the gaps are the others.
  delete container.lockNumber
  const host = (container.HostConfig ?? {}) as Fields
  for (const mode of modes) if (typeof host[mode] === 'string') host[mode] = seenMode(host[mode], isSeen)
  kept(host, 'Links', first)
  kept(host, 'VolumesFrom', first)
  const { Networks } = (container.NetworkSettings ?? {}) as { Networks?: unknown }
  if (typeof Networks === 'object' && Networks !== null && !Array.isArray(Networks))
    for (const endpoint of rows(Object.values(Networks))) kept(endpoint, 'Links', first)
  const config = (container.Config ?? {}) as Fields
  if (Array.isArray(config.CreateCommand))
    config.CreateCommand = seenOptions(config.CreateCommand.map(String), isSeen)
  for (const annotations of [config.Annotations, host.Annotations] as (Fields | null | undefined)[])
    if (annotations && volumesFrom in annotations && !isSeen(first(String(annotations[volumesFrom])) ?? ''))
      delete annotations[volumesFrom]
  inTexts(container, others.withoutIds)
}

/** Words of the command by which Podman made a container. */
function seenOptions(words: readonly string[], isSeen: (name: string) => boolean): string[] {
  let isNamed = false
  return words.map((word) => {
    const option = /^--(?:volumes-from|requires)(?:=(.*))?$/.exec(word)
    const named = isNamed ? word : option?.[1]
    isNamed = !isNamed && option !== null && option[1] === undefined
    if (named === undefined) return seenMode(word, isSeen)
    const names = named.split(',').map((each) => (isSeen(each.split(':', 1)[0] ?? '') ? each : '?'))
    return word.slice(0, word.length - named.length) + names.join(',')
  })
}

/** Engines write an image's id with and without what it is a digest of. */
const bareId = (id: unknown) => String(id ?? '').replace(/^sha256:/, '')

/** An image's document or row tells how many containers it has, and the one that it was made of. Changed in place. */
export function cutImage(image: Fields, others: Others): void {
  const id = bareId(image.Id ?? image.ImageID)
  if (Number(image.Containers) > 0)
    image.Containers = others.containers().filter(({ imageId }) => bareId(imageId) === id).length
  const isSeen = seenNames(others)
  if (image.Container && !isSeen(String(image.Container))) {
    image.Container = ''
    // docker-compose 1.29 asks for the field.
    if (image.ContainerConfig) image.ContainerConfig = {}
  }
  // What a container is called inside without another name is the beginning of its id.
  const { Config } = image as { Config?: Fields }
  if (/^[0-9a-f]{12}$/.test(String(Config?.Hostname ?? '')) && Config) Config.Hostname = ''
  for (const { ImageData } of rows(image.Manifests) as { ImageData?: Fields }[])
    if (Array.isArray(ImageData?.Containers))
      ImageData.Containers = ImageData.Containers.filter((container) => isSeen(String(container)))
  inTexts(image, others.withoutIds)
}
