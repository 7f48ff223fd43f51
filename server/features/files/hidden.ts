import type { EngineClient } from '../../engine/types.ts'

/** Made by the kernel at the moment it is read: sizes are not known before, which a tar has to begin with. */
const ofKernel = ['/proc', '/sys']

interface Document {
  State?: { Status?: string }
  Mounts?: { Type?: string; Destination?: string }[]
  HostConfig?: { Tmpfs?: Record<string, string> | null; Mounts?: { Type?: string; Target?: string }[] | null }
}

export interface Hidden {
  mount: string
  /** Whether who works in the container sees it. */
  isInside: boolean
}

/**
 * What hides a path from the engine's archives; null where nothing does. Docker reads and writes the container's own file system and its
 * volumes, and not what is mounted in the running container alone: a tmpfs looks empty, and an upload into it goes below it,
 * where the container never sees it. Podman does the same while a container does not run.
 * Throws what an inspect throws.
 */
export async function hiddenBy(
  engine: EngineClient,
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<Hidden | null> {
  const document = (await engine.containers.inspect(id, { signal })) as Document
  const isPodman = engine.info?.flavour === 'podman'
  const sees = isPodman && document.State?.Status === 'running'
  const inMemory = [
    ...Object.keys(document.HostConfig?.Tmpfs ?? {}),
    ...(document.HostConfig?.Mounts ?? []).map(({ Type, Target }) => (Type === 'tmpfs' ? Target : '')),
    ...(document.Mounts ?? []).map(({ Type, Destination }) => (Type === 'tmpfs' ? Destination : '')),
    ...(isPodman ? [] : ['/dev']),
  ]
  // What lies on a volume below a tmpfs is seen again.
  const seen = (document.Mounts ?? []).flatMap(({ Type, Destination = '' }) =>
    Type !== 'tmpfs' && isBelow(path, Destination) ? [Destination] : [],
  )
  const hiding = [...ofKernel, ...(sees ? [] : inMemory)].find(
    (mount) => mount && isBelow(path, mount) && !seen.some((each) => each.length > mount.length),
  )
  if (!hiding) return null
  const isInside = document.State?.Status === 'running' && !ofKernel.includes(hiding)
  return { mount: hiding, isInside }
}

function isBelow(path: string, mount: string): boolean {
  const place = mount.replace(/\/+$/, '')
  return place !== '' && (path === place || path.startsWith(`${place}/`))
}
