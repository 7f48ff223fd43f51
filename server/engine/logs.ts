import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { EngineContext } from './context.ts'
import { timeouts } from './context.ts'
import { nanoToSeconds } from './events.ts'
import { FramedLog, fullPiece, RawLog } from './logs-parser.ts'
import { withoutHoles } from './logs-podman.ts'
import { segments, send } from './request.ts'

export interface LogLine {
  /** Nanoseconds since the epoch, by the engine's clock. Podman tells whole seconds. */
  time: bigint
  stream: 'stdout' | 'stderr'
  text: string
  /** The engine's answer ended in the middle of it: of a running container the rest is still to come. */
  open?: true
  /** Entries that the engine stored it in, where more than one; `tail` counts those. */
  pieces?: number
}

export interface LogRequest {
  /** Config.Tty of the container: its log is then what a terminal got, and of Docker one raw stream. */
  tty: boolean
  follow: boolean
  /** Nanoseconds, inclusive. */
  since?: bigint
  tail?: number
  /**
   * When the container was started last, in nanoseconds. Podman joins what a run left without a newline to the next run's
   * first line; no line goes on over that moment.
   */
  runBegan?: bigint
  signal: AbortSignal
}

export interface LogCalls {
  /**
   * The lines of both streams, oldest first, in the engine's order. Ends when the container ends, is restarted or removed (or at the
   * last line without `follow`). Throws AppError: log_unreadable for a driver that cannot be read, connection_reset
   * when cut.
   */
  containerLogs(id: string, request: LogRequest): Promise<AsyncIterable<LogLine>>
}

export function createLogCalls({ transport, isPodman, docker, libpod }: EngineContext): LogCalls {
  const read = async (id: string, { tty, follow, since, tail, runBegan, signal }: LogRequest) => {
    const answer = await send(transport, {
      method: 'GET',
      // libpod frames a TTY's log too: conmon stamps whatever it read, in the middle of lines, and in a raw stream
      // nothing would tell such a stamp from the container's own words.
      path: isPodman()
        ? libpod(`/containers/${segments(id)}/logs`)
        : docker(`/containers/${segments(id)}/logs`),
      query: {
        ...{ stdout: true, stderr: true, timestamps: true, follow },
        since: since === undefined ? undefined : nanoToSeconds(since),
        tail: tail ?? 'all',
      },
      subject: 'container',
      timeoutMs: timeouts.read,
      signal,
    }).catch((error) => {
      if (error instanceof AppError && unreadable.test(error.context.detail ?? '')) {
        throw new AppError('log_unreadable', { detail: error.context.detail, cause: error })
      }
      throw error
    })
    const parser =
      tty && !isPodman()
        ? new RawLog()
        : new FramedLog(isPodman() ? { runBegan: runBegan ?? 0n } : { fullPiece })
    return lines(answer.body, parser, tty, transport.explain)
  }
  /** Podman reads the last lines backwards, and refuses them all where it meets half of one that is being written. */
  const readLast = async (id: string, request: LogRequest) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(id, request)
      } catch (error) {
        const isHalf = error instanceof AppError && halfWritten.test(error.context.detail ?? '')
        if (!isHalf || attempt === halfAttempts) throw error
        await sleep(halfWaitMs, undefined, { signal: request.signal })
      }
    }
  }
  return {
    async containerLogs(id, request) {
      if (!isPodman()) return read(id, request)
      if (!request.follow) return readLast(id, request)
      const followed = await read(id, request)
      return withoutHoles(followed, async (tail) =>
        Array.fromAsync(await readLast(id, { ...request, since: undefined, follow: false, tail })),
      )
    },
  }
}

/** Podman's words for the half of a line; it is whole within a moment. */
const halfWritten = /is not a valid container log line|unable to convert time .* from container log/
const halfAttempts = 20
const halfWaitMs = 20
/** Docker's 501 and Podman's 500 for the drivers `none`, `syslog` and the like. */
const unreadable = /does not support reading|driver.*(none|passthrough)|logs.*(not supported|disabled)/i

async function* lines(
  body: AsyncIterable<Uint8Array>,
  parser: FramedLog | RawLog,
  tty: boolean,
  explain: (error: unknown) => Error,
): AsyncGenerator<LogLine> {
  const clean = function* (found: Iterable<LogLine>) {
    for (const line of found) {
      // A terminal ends its lines with CR LF.
      if (tty && line.text.endsWith('\r')) line.text = line.text.slice(0, -1)
      yield line
    }
  }
  try {
    for await (const chunk of body) yield* clean(parser.push(chunk as Buffer))
    yield* clean(parser.end())
  } catch (error) {
    throw explain(error)
  }
}
