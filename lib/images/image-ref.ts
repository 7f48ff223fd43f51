/** Parts of an image reference, as distribution/reference splits them. */
export interface ImageRef {
  /** With its registry where one is named. */
  repository: string
  /** Null when a digest is given instead, or neither. */
  tag: string | null
  digest: string | null
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domain = '(?:[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?'
const pattern = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)

/** Null when it is no valid reference (upper case in the path, a bad tag, ...). */
export function parseImageRef(text: string): ImageRef | null {
  const match = text.length <= 512 ? pattern.exec(text.trim()) : null
  return match ? { repository: match[1] as string, tag: match[2] ?? null, digest: match[3] ?? null } : null
}

/**
 * The reference with its registry, and with a tag where it has neither tag nor digest: `busybox` is
 * `docker.io/library/busybox:latest`. Podman takes a short name for `localhost/`, Docker for Docker Hub; written out it
 * is the same on both. Null for what is no reference. (distribution/reference, "familiar" names.)
 */
export function qualifiedReference(text: string): string | null {
  const ref = parseImageRef(text)
  if (!ref) return null
  const [first = '', ...rest] = ref.repository.split('/')
  const isHost = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost')
  const repository = isHost
    ? ref.repository
    : `docker.io/${rest.length === 0 ? 'library/' : ''}${ref.repository}`
  const hub = repository.replace(/^index\.docker\.io\//, 'docker.io/')
  const named = ref.tag ? `${hub}:${ref.tag}` : ref.digest ? hub : `${hub}:latest`
  return ref.digest ? `${named}@${ref.digest}` : named
}
