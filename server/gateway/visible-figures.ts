import { cutImage, type Fields, rows } from '../access/other-names.ts'
import { factsOf } from './documents.ts'
import type { Seen } from './seen.ts'

/** How many containers there are, in Docker's words and in libpod's. */
export function cutInfo(info: Fields, seen: Seen): void {
  const states = seen.containers().map(({ state }) => state)
  const of = (state: (typeof states)[number]) => states.filter((each) => each === state).length
  const [number, running, paused] = [states.length, of('running'), of('paused')]
  const stopped = number - running - paused
  const { store, host } = info as { store?: Fields; host?: Fields }
  if (store?.containerStore) store.containerStore = { number, paused, running, stopped }
  if (store?.imageStore && !seen.objects('images')) store.imageStore = { number: 0 }
  // One for each container, volume and pod.
  if (host) delete host.freeLocks
  if (!('Containers' in info)) return
  Object.assign(info, { Containers: number, ContainersRunning: running, ContainersPaused: paused })
  info.ContainersStopped = stopped
  if (!seen.objects('images')) info.Images = 0
}

/** Podman numbers its containers, volumes and pods together: the gaps are the others. */
export function cutLock(object: Fields): void {
  delete object.LockNumber
}

/** Podman counts the containers that have a volume mounted, and knows whether one ever had. */
export function cutVolume(volume: Fields): void {
  for (const field of ['MountCount', 'NeedsCopyUp', 'NeedsChown']) delete volume[field]
  cutLock(volume)
}

export function cutUsage(usage: Fields, seen: Seen): Fields {
  // libpod's rows carry no labels.
  const isSeen = (row: Fields) => {
    const facts = factsOf(row)
    return seen.container(seen.known(facts.id) ?? facts)
  }
  const of = (name: string, kept: boolean) => (kept ? rows(usage[name]) : [])
  const containers = rows(usage.Containers).filter(isSeen)
  const images = of('Images', seen.objects('images'))
  for (const image of images) cutImage(image, seen)
  const volumes = of('Volumes', seen.objects('volumes'))
  const mounted = containers.flatMap(({ Mounts }) => rows(Mounts).map(({ Name }) => Name))
  for (const volume of volumes) {
    const { UsageData: figures, Name } = volume as { UsageData?: Fields; Name?: unknown }
    if (Number(figures?.RefCount) > 0 && figures)
      figures.RefCount = mounted.filter((name) => name === Name).length
    // libpod does not tell which containers those are; what none uses would go.
    if ('Links' in volume) volume.Links = 0
    if ('ReclaimableSize' in volume) volume.ReclaimableSize = volume.Size
  }
  return {
    ...(seen.objects('images') ? { LayersSize: usage.LayersSize } : {}),
    Images: images,
    Volumes: volumes,
    Containers: containers,
    BuildCache: [],
  }
}
