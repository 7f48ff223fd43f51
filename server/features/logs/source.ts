import type { z } from 'zod'
import type { LogPosition, LogSource, logOptionsSchema } from '#lib/contracts/logs.ts'
import { backoffDelay } from '../../backoff.ts'
import type { LogLine } from '../../engine/logs.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { sleep, untilOnline } from '../../fleet/waiting.ts'
import { LogCursor } from './cursor.ts'
import { readBeginning, until } from './initial-read.ts'
import { type LogItem, readOn } from './resume.ts'
import type { Tails } from './tails.ts'
import { runBegan } from './wait-until-running.ts'

export type Options = z.output<typeof logOptionsSchema>

export interface SourceParts {
  registry: HostRegistry
  fleet: FleetState
  tails: Tails
}

export interface SourceRequest {
  hostId: string
  id: string
  options: Options
  resume: LogPosition | null
  signal: AbortSignal
  say(state: LogSource['state'], error?: AppError | null): void
}

/** There is no line yet: all that comes is new, also for who comes back after a cut. */
export interface LogIsEmpty {
  isEmpty: true
}

/**
 * One container's log from where the viewer wants it: first what is there, then, followed, what comes. Lines that are
 * not new are not shown, only counted. Ends when there is nothing more to come.
 */
export async function* readSource(
  parts: SourceParts,
  request: SourceRequest,
): AsyncGenerator<LogItem | LogIsEmpty> {
  const { registry, fleet, tails } = parts
  const { hostId, id, options, resume, signal, say } = request
  let cursor = new LogCursor(startOf(resume, options))
  const follows = options.follow && options.until === undefined
  let failures = 0
  let log: Awaited<ReturnType<typeof logOf>> | null = null
  /** What the view begins with is read: all of it, or up to a cut. */
  let begun: boolean = resume !== null
  /** Read up to the end since the last try to join. */
  let hasReadUp = false
  const forward = function* (item: LogItem): Generator<LogItem> {
    if ('line' in item) cursor.pass(item.line.time)
    yield item
  }
  const read = (engine: EngineClient, from: { since?: bigint; tail?: number }) =>
    engine.containers.logs(id, {
      tty: log?.tty === true,
      follow: false,
      signal,
      ...from,
      runBegan: () => runBegan(fleet, hostId, id),
    })
  /** What comes after the place where we are. */
  const readAfter = async function* (engine: EngineClient): AsyncGenerator<LogItem> {
    const position = cursor.position()
    const lines = await read(engine, position ? { since: BigInt(position.since) } : {})
    let last: LogItem | null = null
    for await (const item of readOn(follows ? whole(lines) : until(lines, options), position)) {
      if (!('gap' in item || item.isNew)) continue
      if (last) yield* forward(last)
      last = item
    }
    if (last && !(leavesLast(engine) && 'line' in last)) yield* forward(last)
  }
  /** The newest line is left for the tail, which waits for its end. */
  const leavesLast = (engine: EngineClient) => follows && engine.info?.flavour === 'podman'
  while (!signal.aborted) {
    try {
      const engine = await online(registry, hostId, follows, signal, say)
      if (!engine) return
      log ??= await logOf(engine, id, signal)
      if (!begun) {
        say('reading')
        const items = readBeginning((from) => read(engine, from), options, {
          follows,
          leavesLast: leavesLast(engine),
        })
        for await (const item of items) {
          begun = true
          yield* forward(item)
        }
        if (!follows) return say('ended')
        if (cursor.position() === null) {
          cursor = new LogCursor(0n)
          yield { isEmpty: true }
        }
      }
      begun = true
      if (!follows) {
        // Resumed, or cut in the middle.
        yield* readAfter(engine)
        return say('ended')
      }
      const joined = tails.join({ hostId, id, ...log }, cursor.position(), hasReadUp)
      if (!joined) {
        yield* readAfter(engine)
        hasReadUp = true
        continue
      }
      hasReadUp = false
      const { tail, reader } = joined
      const tell = () => say(tail.current.state, tail.current.error)
      const unwatch = tail.watch(tell)
      tell()
      try {
        for (;;) {
          const items = await reader.next(signal)
          if (items === 'behind') break
          if (items === null) return tell()
          for (const item of items) yield* forward(item)
          failures = 0
        }
      } finally {
        unwatch()
        reader.leave()
      }
    } catch (error) {
      if (signal.aborted) return
      const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
      if (known.code === 'container_not_found') return say('ended')
      const heals = known.status >= 502 || known.code.startsWith('host_')
      const waits = heals && (follows || failures < mostFailures)
      if (!waits) return say('failed', known)
      say('away', known)
      await sleep(backoffDelay(++failures, { baseMs: 200, capMs: 3000 }), signal)
      if (!fleet.get('containers', hostId, id)) return say('ended')
    }
  }
}

/** From where on the lines of a source are known: its cursor, and the viewer's, begin there. */
export function startOf(resume: LogPosition | null, options: Options): LogPosition | bigint | null {
  return resume ?? (options.since === undefined ? null : BigInt(options.since))
}

/** Without a last line that is still being written: whoever follows gets it when it is whole. */
async function* whole(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
  for await (const line of lines) if (!line.open) yield line
}

/** Tries of a log that is not followed: whoever downloads it waits for its end. */
const mostFailures = 5
/** Milliseconds that a log which is not followed waits for its host. */
const hostWaitMs = 10_000

/** A followed log waits for its host as long as it takes. Throws the host's state where it is not followed. */
async function online(
  registry: HostRegistry,
  hostId: string,
  follows: boolean,
  signal: AbortSignal,
  say: SourceRequest['say'],
): Promise<EngineClient | null> {
  try {
    return registry.engine(hostId)
  } catch (error) {
    say('away', error instanceof AppError ? error : null)
    if (follows) return untilOnline(registry, hostId, signal)
    return (
      (await untilOnline(registry, hostId, AbortSignal.any([signal, AbortSignal.timeout(hostWaitMs)]))) ??
      registry.engine(hostId)
    )
  }
}

/** Drivers whose lines no engine has: `none` and Podman's `passthrough`, which leaves them to systemd or a terminal. */
const keepNone: ReadonlySet<string> = new Set(['none', 'passthrough', 'passthrough-tty'])

/**
 * What has to be known of a container's log before it is read: whether it is a terminal's, and whether it is a file of Podman's
 * with a largest size, of which following loses lines (`Polled`). Throws log_unreadable where it keeps none: Docker 20.10
 * says nothing of it, and Podman gives an empty log again and again.
 */
export async function logOf(
  engine: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<{ tty: boolean; isPolled: boolean }> {
  const { tty, driver, isLimited } = await engine.containers.logSettings(id, { signal })
  if (keepNone.has(driver)) throw new AppError('log_unreadable', { detail: `Logging driver: ${driver}` })
  return { tty, isPolled: driver === 'k8s-file' && isLimited }
}
