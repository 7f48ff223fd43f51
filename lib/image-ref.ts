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
