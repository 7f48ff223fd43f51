import { apiUrl } from '#components/data/api.ts'
import type { Answer } from '#components/data/routes.ts'
import { type Dropped, sendBytes } from '#components/files/uploads.ts'
import { createDockerignore } from '#lib/build/dockerignore.ts'
import { tarEnd, tarHeader, tarPadding } from '#lib/tar-header.ts'

/** A folder that was chosen, its .dockerignore heeded. */
export interface FolderContext {
  name: string
  files: { path: string; file: File }[]
  /** Paths of folders without anything in them. A drop tells them; a browser's choice of a folder does not. */
  emptyFolders: string[]
  /** Texts of `.dockerignore` and of what is named after a Dockerfile and stands in its place, by path. */
  rules: ReadonlyMap<string, string>
  /** Paths that look like Dockerfiles, the likeliest first. */
  dockerfiles: string[]
}

const dockerfilePattern = /(^|\/)((Docker|Container)file(\.[^/]+)?|[^/]+\.(Docker|Container)file)$/i

/** Reads what was dropped or chosen: one folder's content, or files beside each other. */
export async function readFolder(dropped: readonly Dropped[]): Promise<FolderContext> {
  const [root = ''] = dropped[0]?.name.split('/') ?? []
  // One folder is the context; its own name is no part of the paths in it.
  const isOne = dropped.length > 0 && dropped.every(({ name }) => name.startsWith(`${root}/`))
  const pathOf = (name: string) => (isOne ? name.slice(root.length + 1) : name)
  const files = dropped.flatMap(({ name, file }) => (file ? [{ path: pathOf(name), file }] : []))
  const emptyFolders = dropped.flatMap(({ name, file }) => (file ? [] : pathOf(name)))
  const rules = new Map<string, string>()
  for (const { path, file } of files) if (path.endsWith('.dockerignore')) rules.set(path, await file.text())
  const depth = (path: string) => path.split('/').length
  const folder = { name: isOne ? root : '', files, emptyFolders, rules }
  const dockerfiles = files
    .map(({ path }) => path)
    .filter((path) => dockerfilePattern.test(path))
    .filter((path) => depth(path) === 1 || !ignoresOf(folder, path).ignores(path))
    .sort((a, b) => depth(a) - depth(b) || a.length - b.length || (a < b ? -1 : 1))
  return { ...folder, dockerfiles }
}

/** What leaves files out with this Dockerfile; `wrongLine` is one that Docker refuses, and then nothing is left out. */
function ignoresOf({ rules }: Pick<FolderContext, 'rules'>, dockerfile: string) {
  const path =
    [`${dockerfile}.dockerignore`, '.dockerignore'].find((one) => rules.has(one)) ?? '.dockerignore'
  try {
    return { path, ignores: createDockerignore(rules.get(path) ?? ''), wrongLine: null }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { path, ignores: () => false, wrongLine: error.message }
  }
}

/** Files that are sent: as with the docker command also the Dockerfile and its .dockerignore, which the engine needs. */
export function sentFiles(folder: FolderContext, dockerfile: string) {
  const { path: rules, ignores, wrongLine } = ignoresOf(folder, dockerfile)
  const files = folder.files.filter(({ path }) => path === dockerfile || path === rules || !ignores(path))
  const emptyFolders = folder.emptyFolders.filter((path) => !ignores(path))
  return { files, emptyFolders, rules, wrongLine }
}

/**
 * A tar whose bytes stay on the disk until they are sent. A browser tells neither permissions nor links: every file can be
 * run, as the docker command does it on Windows.
 */
export function tarOf(folder: FolderContext, dockerfile: string): Blob {
  const { files: sent, emptyFolders } = sentFiles(folder, dockerfile)
  // The Dockerfile first, where the server finds it soon.
  sent.sort((a, b) => Number(b.path === dockerfile) - Number(a.path === dockerfile))
  const parts = sent.flatMap(({ path, file }) => {
    const mtime = Math.floor(file.lastModified / 1000)
    const head = tarHeader({ path, type: 'file', size: file.size, mode: 0o755, uid: 0, gid: 0, mtime })
    return [head, file, tarPadding(file.size)]
  })
  const folders = emptyFolders.map((path) =>
    tarHeader({ path, type: 'directory', size: 0, mode: 0o755, uid: 0, gid: 0, mtime: 0 }),
  )
  return new Blob([...parts, ...folders, tarEnd()])
}

/** Sends a context to the server, where it waits for its build. Throws as sendBytes. */
export async function sendContext(
  tar: Blob,
  signal: AbortSignal,
  progress: (sent: number) => void,
): Promise<Answer<'POST /api/images/build/contexts'>> {
  const text = await sendBytes('POST', apiUrl('POST /api/images/build/contexts'), tar, signal, progress)
  return JSON.parse(text)
}
