import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { EngineContext } from './context.ts'
import { timeouts } from './context.ts'
import { nanoToSeconds } from './events.ts'
import { FramedLog, fullPiece, RawLog } from './logs-parser.ts'
import { pauseMs, withoutHoles } from './logs-podman.ts'
import { segments, send } from './request.ts'
import type { CallOptions } from './types.ts'

export interface LogLine {
  /** Nanoseconds since the epoch, by the engine's clock. Podman tells whole seconds. */
  time: bigint
  stream: 'stdout' | 'stderr'
  text: string
  /** The engine's answer ended in the middle of it: of a running container the rest is still to come. */
  open?: true
  /** Its pieces did not come at once: what Podman's reader loses in such a pause may be of its middle. */
  paused?: true
  /** Entries that the engine stored it in, where more than one; `tail` counts those. */
  pieces?: number
}

export interface LogRequest {
  /** Config.Tty of the container: its log is then what a terminal got, and of Docker one raw stream. */
  tty: boolean
  follow: boolean
  /** Nanoseconds, inclusive. */
  since?: bigint
  /** The last lines: at least so many where there are. Podman's begin with a whole second. */
  tail?: number
  /**
   * When the container was started last, in nanoseconds. Engines join what a run left without a newline to the next run's
   * first line; no line goes on over that moment. Docker's log of a TTY has no other mark of it. Asked with each piece: a
   * stream may go on over a start, since engines are late to end it.
   */
  runBegan?(): bigint | undefined
  signal: AbortSignal
}

export interface LogSettings {
  /** Config.Tty of the container. */
  tty: boolean
  /** As the engine names it. */
  driver: string
  /** Podman cuts the log's file at a largest size. */
  isLimited: boolean
}

export interface LogCalls {
  logSettings(id: string, options?: CallOptions): Promise<LogSettings>
  /**
   * The lines of both streams, oldest first, in the engine's order. Ends when the container ends, is restarted or removed (or at the
   * last line without `follow`). Throws AppError: log_unreadable for a driver that cannot be read, connection_reset
   * when cut.
   */
  logs(id: string, request: LogRequest): Promise<AsyncIterable<LogLine>>
}

export function createLogCalls({ transport, isPodman, docker, libpod, json }: EngineContext): LogCalls {
  const read = async (id: string, { tty, follow, since, tail, runBegan: asked, signal }: LogRequest) => {
    const runBegan = () => asked?.() ?? 0n
    // Podman leaves out pieces that are earlier, and begins with the rest of their line as with one of its own.
    const isByLine = isPodman() && since !== undefined && since % 1_000_000_000n === 0n && since > lineTakes
    const from = isByLine ? since - lineTakes : since
    const answer = await send(transport, {
      method: 'GET',
      // libpod frames a TTY's log too: conmon stamps whatever it read, in the middle of lines, and in a raw stream
      // nothing would tell such a stamp from the container's own words.
      path: isPodman()
        ? libpod(`/containers/${segments(id)}/logs`)
        : docker(`/containers/${segments(id)}/logs`),
      query: {
        stdout: true,
        stderr: true,
        timestamps: true,
        follow,
        since: from === undefined ? undefined : nanoToSeconds(from),
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
      tty && !isPodman() ? new RawLog({ runBegan }) : new FramedLog(isPodman() ? { runBegan } : { fullPiece })
    const found = lines(answer.body, parser, tty, transport.explain)
    return isByLine ? notBefore(since, found) : found
  }
  /** Podman reads the last lines backwards, and refuses them all where it meets half of one that is being written. */
  const untilWhole = async (id: string, request: LogRequest) => {
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
  /**
   * Read backwards, Podman 4.3 gives of a line that it stored in pieces only the last one, and joins and doubles lines around a
   * last one without a newline. What is read backwards tells only from which second on to read forwards.
   */
  const lastLines = async (id: string, request: LogRequest) => {
    for await (const { time } of await untilWhole(id, request))
      return read(id, { ...request, tail: undefined, since: time })
    return read(id, request)
  }
  return {
    async logSettings(id, options) {
      const path = `/containers/${segments(id)}/json`
      const { Config, HostConfig } = await json<{
        Config?: { Tty?: boolean }
        HostConfig?: { LogConfig?: { Type?: string; Size?: string } }
        // The compatible document says json-file of a k8s-file, and no size.
      }>(isPodman() ? libpod(path) : docker(path), { subject: 'container' }, options)
      const { Type = '', Size = '' } = HostConfig?.LogConfig ?? {}
      return { tty: Config?.Tty === true, driver: Type, isLimited: isPodman() && /[1-9]/.test(Size) }
    },
    async logs(id, request) {
      if (!isPodman()) return read(id, request)
      if (!request.follow) return request.tail === undefined ? read(id, request) : lastLines(id, request)
      let stream = new AbortController()
      const { since: begin = 0n } = request
      const open = (since: bigint | null, { follow }: { follow: boolean }) => {
        stream.abort()
        stream = new AbortController()
        const signal = AbortSignal.any([request.signal, stream.signal])
        return read(id, {
          ...request,
          follow,
          signal,
          since: since === null || since < begin ? request.since : since,
        })
      }
      return withoutHoles(await open(null, { follow: true }), {
        last: async (tail) =>
          Array.fromAsync(await untilWhole(id, { ...request, since: undefined, follow: false, tail })),
        again: open,
      })
    },
  }
}

/** Nanoseconds in which a line that is written in pieces mostly comes to its end. */
const lineTakes = 10_000_000_000n

async function* notBefore(since: bigint, found: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
  for await (const line of found) if (line.time >= since) yield line
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
    let asked = performance.now()
    for await (const chunk of body) {
      if (parser instanceof FramedLog && performance.now() - asked > pauseMs) parser.pause()
      yield* clean(parser.push(chunk as Buffer))
      asked = performance.now()
    }
    yield* clean(parser.end())
  } catch (error) {
    throw explain(error)
  }
}
