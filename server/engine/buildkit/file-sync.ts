import { createDockerignore } from '#lib/build/dockerignore.ts'
import { type GrpcCall, GrpcError, grpcStatus } from './grpc-server.ts'
import { numberOf, writeMessage } from './protobuf.ts'

/** A file of a context, as it is sent. */
export interface ContextFile {
  /** Below the context, with slashes between. */
  path: string
  type: 'file' | 'directory' | 'symlink'
  /** Bytes. */
  size: number
  /** Permission bits, with setuid, setgid and sticky. */
  mode: number
  /** Seconds since the epoch. */
  mtime: number
  /** Of a symlink; empty otherwise. */
  linkTarget: string
}

export interface ContextFiles {
  /** Each path once, a folder before what lies in it, in the order of `comparePaths`. */
  entries: readonly ContextFile[]
  read(file: ContextFile): AsyncIterable<Buffer>
}

/** Types of fsutil's Packet. */
const packet = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const
/** Bytes of one packet of data; gRPC's clients take 4 MiB at most. */
const pieceBytes = 64 * 1024

/** fsutil's order, which it insists on: folder by folder, each with what lies in it before the next. */
export function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a.replaceAll('/', '\0')), Buffer.from(b.replaceAll('/', '\0')))
}

/**
 * Sends a context as `moby.filesync.v1.FileSync/DiffCopy` has it: the engine is told of every file, asks for the content
 * of those that it wants, and says when it has all. It names what a .dockerignore leaves out, and maybe the few paths
 * that it needs. (tonistiigi/fsutil, send.go.)
 */
export async function sendFiles(files: ContextFiles, { header, messages, send }: GrpcCall): Promise<void> {
  const named = (name: string) => decoded(header(name), header(`${name}-encoded`).length > 0)
  const chosen = select(files.entries, named('exclude-patterns'), named('followpaths'))
  const incoming = messages[Symbol.asyncIterator]()
  const requests: number[] = []
  let wake = () => {}
  let isEnded = false
  const reading = (async () => {
    const asked = new Set<number>()
    for (let next = await incoming.next(); !next.done; next = await incoming.next()) {
      const type = Number(numberOf(next.value, 1))
      if (type === packet.end) break
      if (type === packet.error) throw new GrpcError(grpcStatus.invalidArgument, 'the other side failed')
      const id = Number(numberOf(next.value, 3))
      if (type !== packet.request || chosen[id]?.type !== 'file' || asked.has(id))
        throw new GrpcError(grpcStatus.invalidArgument, 'not a request for a file')
      asked.add(id)
      requests.push(id)
      wake()
    }
  })().finally(() => {
    isEnded = true
    wake()
  })
  reading.catch(() => {})
  for (const file of chosen) await send(writeMessage([[2, statOf(file)]]))
  await send(Buffer.alloc(0))
  for (;;) {
    const id = requests.shift()
    if (id !== undefined) {
      for await (const chunk of files.read(chosen[id] as ContextFile))
        for (let at = 0; at < chunk.length; at += pieceBytes)
          await send(dataOf(id, chunk.subarray(at, at + pieceBytes)))
      await send(dataOf(id, Buffer.alloc(0)))
    } else if (isEnded) break
    else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  await reading
  await send(writeMessage([[1, packet.end]]))
}

function dataOf(id: number, data: Buffer): Buffer {
  return writeMessage([
    [1, packet.data],
    [3, id],
    [4, data],
  ])
}

/** fsutil's Stat. Everything is root's, as the docker command sends it. */
function statOf({ path, type, size, mode, mtime, linkTarget }: ContextFile): Buffer {
  return writeMessage([
    [1, path],
    [2, goMode(type, mode)],
    [5, type === 'file' ? size : 0],
    [6, BigInt(Math.trunc(mtime)) * 1_000_000_000n],
    [7, linkTarget],
  ])
}

/** Go's os.FileMode, whose upper bits are its own. */
function goMode(type: ContextFile['type'], mode: number): number {
  let bits = mode & 0o777
  if (type === 'directory') bits += 2 ** 31
  if (type === 'symlink') bits += 2 ** 27
  if (mode & 0o4000) bits += 2 ** 23
  if (mode & 0o2000) bits += 2 ** 22
  if (mode & 0o1000) bits += 2 ** 20
  return bits
}

/** What is not left out, and of that only what is asked for, each with the folders above it. */
function select(
  entries: readonly ContextFile[],
  excludes: readonly string[],
  follow: readonly string[],
): ContextFile[] {
  // A pattern in a .dockerignore's first column would be a comment.
  const ignored = createDockerignore(
    excludes.map((line) => (line.startsWith('#') ? `./${line}` : line)).join('\n'),
  )
  const wanted = isLiteral(entries, follow)
    ? (path: string) => follow.some((one) => path === one || path.startsWith(`${one}/`))
    : () => true
  const kept = new Set<string>()
  for (const { path } of entries) {
    if (ignored(path) || !wanted(path)) continue
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) kept.add(path.slice(0, end))
  }
  return entries.filter(({ path }) => kept.has(path))
}

/** Whether the paths can be taken as they are: with a wildcard or a link in one, everything is told, which is always right. */
function isLiteral(entries: readonly ContextFile[], follow: readonly string[]): boolean {
  if (follow.length === 0 || follow.some((path) => /[*?[\\]|^\.?$|^\/|(^|\/)\.\.?(\/|$)/.test(path)))
    return false
  const links = entries.filter(({ type }) => type === 'symlink')
  return !links.some(({ path }) => follow.some((one) => one === path || one.startsWith(`${path}/`)))
}

/** Newer engines escape what a header cannot hold, older ones send its bytes. */
function decoded(values: readonly string[], isEncoded: boolean): string[] {
  return values.map((value) =>
    isEncoded
      ? decodeURIComponent(value.replaceAll('+', ' '))
      : Buffer.from(value, 'latin1').toString('utf8'),
  )
}
