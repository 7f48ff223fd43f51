import type { z } from 'zod'
import type { LogPosition, LogSource, logOptionsSchema } from '#lib/contracts/logs.ts'
import type { LogLine } from '../engine/logs.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { backoffDelay } from '../live/backoff.ts'
import type { FleetState } from '../live/types.ts'
import { LogCursor } from './cursor.ts'
import { sleep, untilOnline } from './reach.ts'
import { type LogItem, readOn } from './resume.ts'
import type { Tails } from './tails.ts'

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

/**
 * One container's log from where the viewer wants it: first what is there, then, followed, what comes. Lines that are
 * not new are not shown, only counted. Ends when there is nothing more to come.
 */
export async function* readSource(parts: SourceParts, request: SourceRequest): AsyncGenerator<LogItem> {
  const { registry, fleet, tails } = parts
  const { hostId, id, options, resume, signal, say } = request
  const cursor = new LogCursor(startOf(resume, options))
  let failures = 0
  let tty: boolean | null = null
  let begun = resume !== null
  const forward = function* (item: LogItem): Generator<LogItem> {
    if ('line' in item) cursor.pass(item.line.time)
    yield item
  }
  /** What comes after the place where we are. */
  const readAfter = async function* (lines: AsyncIterable<LogLine>): AsyncGenerator<LogItem> {
    for await (const item of readOn(lines, cursor.position()))
      if ('gap' in item || item.isNew) yield* forward(item)
  }
  while (!signal.aborted) {
    try {
      const engine = await online(registry, hostId, signal, say)
      if (!engine) return
      tty ??= await hasTty(engine, id, signal)
      if (!begun) {
        say('reading')
        // Cut in the middle of it, the rest is read on from there.
        begun = cursor.position() !== null
        if (!begun) for await (const item of beginning(engine, id, tty, options, signal)) yield* forward(item)
        begun = true
      }
      if (!options.follow || options.until !== undefined) {
        if (resume) {
          const lines = await engine.containerLogs(id, {
            ...{ tty, follow: false, since: BigInt(resume.since), signal },
          })
          yield* readAfter(until(lines, options))
        }
        say('ended')
        return
      }
      const joined = tails.join({ hostId, id, tty }, cursor.position())
      if (!joined) {
        const position = cursor.position()
        const lines = await engine.containerLogs(id, {
          ...{ tty, follow: false, signal },
          ...(position ? { since: BigInt(position.since) } : {}),
        })
        yield* readAfter(whole(lines))
        continue
      }
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
      const waits = known.status >= 502 || known.code.startsWith('host_')
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

/** What the view begins with. */
async function* beginning(
  engine: EngineClient,
  id: string,
  tty: boolean,
  options: Options,
  signal: AbortSignal,
): AsyncGenerator<LogItem> {
  const read = (more: { since?: bigint; tail?: number }) =>
    engine
      .containerLogs(id, { tty, follow: false, signal, ...more })
      .then((lines) => (options.follow ? whole(lines) : lines))
  if (options.since !== undefined) {
    const lines = await read({ since: BigInt(options.since) })
    for await (const line of until(lines, options)) yield { line, isNew: true }
    return
  }
  // None shown: the last one still says from where on.
  const wanted = Math.max(options.tail, 1)
  let last = await collect(await read({ tail: wanted }), wanted)
  const [first] = last.lines
  let passed: LogLine[] = []
  if (first && last.lines.length === wanted && first.time % 1_000_000_000n === 0n) {
    // Whole seconds: others before the first may share its time, and have to be counted.
    last = await collect(await read({ since: first.time }), wanted)
    passed = last.before
  }
  for (const line of passed) yield { line, isNew: false }
  const limit = options.until === undefined ? null : BigInt(options.until)
  for (const line of last.lines) {
    if (limit === null || line.time <= limit) yield { line, isNew: options.tail > 0 }
  }
}

/** The last `wanted` lines, and those before them in the same answer (their times alone matter). */
async function collect(
  lines: AsyncIterable<LogLine>,
  wanted: number,
): Promise<{ lines: LogLine[]; before: LogLine[] }> {
  const kept: LogLine[] = []
  const before: LogLine[] = []
  for await (const line of lines) {
    kept.push(line)
    if (kept.length < 2 * wanted + 1000) continue
    for (const gone of kept.splice(0, kept.length - wanted)) before.push({ ...gone, text: '' })
  }
  for (const gone of kept.splice(0, kept.length - wanted)) before.push({ ...gone, text: '' })
  return { lines: kept, before }
}

/** Without a last line that is still being written: whoever follows gets it when it is whole. */
async function* whole(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
  for await (const line of lines) if (!line.open) yield line
}

/** `until` of the engines is unreliable together with `tail`: we stop by ourselves. */
async function* until(lines: AsyncIterable<LogLine>, options: Options): AsyncGenerator<LogLine> {
  const limit = options.until === undefined ? null : BigInt(options.until)
  for await (const line of lines) {
    if (limit !== null && line.time > limit) return
    yield line
  }
}

async function online(
  registry: HostRegistry,
  hostId: string,
  signal: AbortSignal,
  say: SourceRequest['say'],
): Promise<EngineClient | null> {
  try {
    return registry.engine(hostId)
  } catch (error) {
    say('away', error instanceof AppError ? error : null)
    return untilOnline(registry, hostId, signal)
  }
}

async function hasTty(engine: EngineClient, id: string, signal: AbortSignal): Promise<boolean> {
  const document = await engine.inspectContainer(id, { signal })
  return (document.Config as { Tty?: boolean } | undefined)?.Tty === true
}
