/** What has a meaning of its own in a pattern of Go's path/filepath.Match. */
const special = /[\\*?[]/
/** Every character but a star. Podman finds nothing for a path with a star in it, not even for one that is escaped. */
const star = '[^\u0001-)+-\u{10ffff}]'

/** Whether Podman takes a path for a pattern of other paths. */
export const isPattern = (path: string): boolean => special.test(path)

/**
 * The path that Podman's archive endpoints read as `path` and as nothing else. They take it for a pattern (containers/buildah
 * copier, Get and Stat: filepath.Glob), so that `[id].js` is the file `i.js`. Where a container does not run, Podman first
 * looks for the mount that a path lies on, by its plain text.
 * @param mounts destinations of the mounts of a container that does not run; none of one that runs.
 */
export function podmanPath(path: string, mounts: readonly string[] = []): string {
  const mount = mounts
    .filter((each) => path === each || path.startsWith(`${each.replace(/\/$/, '')}/`))
    .reduce((longest, each) => (each.length > longest.length ? each : longest), '')
  return (
    mount +
    path
      .slice(mount.length)
      .replace(/[\\?[]/g, '\\$&')
      .replaceAll('*', star)
  )
}

/** The path that a pattern made by `podmanPath` means. */
export const plainPath = (pattern: string): string =>
  pattern.replaceAll(star, '*').replace(/\\([\\?[])/g, '$1')
