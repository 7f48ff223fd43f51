import { posix } from 'node:path'
import { type ArchiveCalls, type PathStat, refused } from '../../engine/archive.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { readTar } from '../../tar/read.ts'
import { exitCodeOf } from '../terminal/exit-code.ts'
import { type ExecOutput, readOutput } from './exec-output.ts'

/** Milliseconds for what nobody reads any more to end by itself: what is cut off would stay in the container, waiting. */
const drainMs = 60_000
/** Shells' and runtimes' codes for a command that is not there, or cannot be run. */
const noCommand: ReadonlySet<number | null> = new Set([126, 127])
const kinds: Record<string, PathStat['kind']> = { file: 'file', directory: 'directory', symlink: 'symlink' }

/**
 * The engine's archive calls by `tar` in the running container, as root, which sees what is mounted there. They throw
 * file_hidden where the container has no tar.
 * @param mount what the engine does not see, for the words of that
 */
export function execArchive(engine: EngineClient, mount: string): ArchiveCalls {
  const start = async (id: string, command: readonly string[], signal: AbortSignal) => {
    const execId = await engine.execs.create(id, { command, tty: false, user: '0' }, { signal })
    const socket = await engine.execs.start(execId, { tty: false, signal })
    socket.on('error', () => {})
    return { execId, socket }
  }
  const ended = async (execId: string, path: string, { words }: ExecOutput): Promise<void> => {
    const exitCode = await exitCodeOf(engine, execId)
    if (exitCode === 0) return
    if (noCommand.has(exitCode))
      throw new AppError('file_hidden', { detail: words(), params: { path, mount } })
    if (/no such file|can't change dir|cannot open/i.test(words()))
      throw new AppError('file_not_found', { detail: words(), params: { path } })
    throw refused(new AppError('engine_error', { detail: words() }), path)
  }
  const read = async function* (id: string, path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { execId, socket } = await start(id, ['tar', '-cf', '-', ...placeOf(path)], signal)
    const output = readOutput(socket)
    let isWhole = false
    try {
      // A refusal of the runtime comes as output, and is shorter than any tar.
      let head: Buffer | null = Buffer.alloc(0)
      for await (const piece of output.bytes) {
        signal.throwIfAborted()
        if (head === null) yield piece
        else {
          head = Buffer.concat([head, piece])
          if (head.length < 512) continue
          yield head
          head = null
        }
      }
      isWhole = true
      await ended(execId, path, output)
    } finally {
      if (!isWhole) {
        const timer = setTimeout(() => socket.destroy(), drainMs)
        socket.once('close', () => clearTimeout(timer)).resume()
      }
    }
  }
  return {
    async readArchive(id, path, signal) {
      // What is wrong from the start is thrown from here, before anybody is told of a tar.
      const pieces = read(id, path, signal)
      const first = await pieces.next()
      return (async function* () {
        if (first.done) return
        try {
          yield first.value
          yield* pieces
        } finally {
          await pieces.return(undefined)
        }
      })()
    },
    async statArchive(id, path, signal) {
      try {
        for await (const { type, mode } of readTar(read(id, path, signal)))
          return { kind: kinds[type] ?? 'other', mode, linkTarget: '' }
        return null
      } catch (error) {
        if (error instanceof AppError && error.code === 'file_not_found') return null
        throw error
      }
    },
    async writeArchive(id, into, tar, signal) {
      const { execId, socket } = await start(id, ['tar', '-xf', '-', '-C', into], signal)
      const output = readOutput(socket)
      const over = output.rest()
      over.catch(() => {})
      try {
        for await (const chunk of tar) {
          signal.throwIfAborted()
          if (!socket.writable) break
          if (!socket.write(chunk))
            await Promise.race([over, new Promise((done) => socket.once('drain', done))])
        }
        socket.end()
        await over
      } catch (error) {
        // It would wait for the rest.
        socket.destroy()
        throw error
      }
      await ended(execId, into, output)
    },
  }
}

/** Where tar has to stand, and what it has to take: no name is an option, and a folder with a slash is the one behind a link. */
function placeOf(path: string): string[] {
  if (path.endsWith('/')) return ['-C', path, '.']
  return ['-C', posix.dirname(path), `./${posix.basename(path)}`]
}
