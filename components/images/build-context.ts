import { apiUrl } from '#components/data/api.ts'
import { type Dropped, sendBytes } from '#components/files/uploads.ts'
import type { BuildContextAnswer } from '#lib/contracts/image-build.ts'
import { createDockerignore } from '#lib/dockerignore.ts'
import { tarEnd, tarHeader, tarPadding } from '#lib/tar-header.ts'

/** A folder that was chosen, its .dockerignore heeded. */
export interface FolderContext {
  name: string
  files: { path: string; file: File }[]
  /** What the .dockerignore leaves out. */
  ignored: ReadonlySet<string>
  /** A line of the .dockerignore that Docker refuses. */
  wrongLine: string | null
  /** Paths that look like Dockerfiles, the likeliest first. */
  dockerfiles: string[]
}

const dockerfilePattern = /(^|\/)((Docker|Container)file(\.[^/]+)?|[^/]+\.(Docker|Container)file)$/i

/** Reads what was dropped or chosen: one folder's content, or files beside each other. */
export async function readFolder(dropped: readonly Dropped[]): Promise<FolderContext> {
  const given = dropped.flatMap(({ name, file }) => (file ? [{ path: name, file }] : []))
  const [root = ''] = given[0]?.path.split('/') ?? []
  // One folder is the context; its own name is no part of the paths in it.
  const isOne = given.length > 0 && given.every(({ path }) => path.startsWith(`${root}/`))
  const files = isOne ? given.map(({ path, file }) => ({ path: path.slice(root.length + 1), file })) : given
  const rules = files.find(({ path }) => path === '.dockerignore')
  let ignored = new Set<string>()
  let wrongLine: string | null = null
  try {
    const ignores = createDockerignore(rules ? await rules.file.text() : '')
    ignored = new Set(files.map(({ path }) => path).filter(ignores))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    wrongLine = error.message
  }
  const depth = (path: string) => path.split('/').length
  const dockerfiles = files
    .map(({ path }) => path)
    .filter((path) => dockerfilePattern.test(path) && (!ignored.has(path) || depth(path) === 1))
    .sort((a, b) => depth(a) - depth(b) || a.length - b.length || (a < b ? -1 : 1))
  return { name: isOne ? root : '', files, ignored, wrongLine, dockerfiles }
}

/** Files that are sent: as with the docker command also the Dockerfile and the .dockerignore, which the engine needs. */
export function sentFiles({ files, ignored }: FolderContext, dockerfile: string) {
  return files.filter(({ path }) => !ignored.has(path) || path === dockerfile || path === '.dockerignore')
}

/**
 * A tar whose bytes stay on the disk until they are sent. A browser tells neither permissions nor links: every file can be
 * run, as the docker command does it on Windows.
 */
export function tarOf(folder: FolderContext, dockerfile: string): Blob {
  const sent = sentFiles(folder, dockerfile)
  // The Dockerfile first, where the server finds it soon.
  sent.sort((a, b) => Number(b.path === dockerfile) - Number(a.path === dockerfile))
  const parts = sent.flatMap(({ path, file }) => {
    const mtime = Math.floor(file.lastModified / 1000)
    const head = tarHeader({ path, type: 'file', size: file.size, mode: 0o755, uid: 0, gid: 0, mtime })
    return [head, file, tarPadding(file.size)]
  })
  return new Blob([...parts, tarEnd()])
}

/** Sends a context to the server, where it waits for its build. Throws as sendBytes. */
export async function sendContext(
  tar: Blob,
  signal: AbortSignal,
  progress: (sent: number) => void,
): Promise<BuildContextAnswer> {
  const text = await sendBytes('POST', apiUrl('/api/images/build/contexts'), tar, signal, progress)
  return JSON.parse(text) as BuildContextAnswer
}
