import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import {
  type LogRow,
  type LogServerFrame,
  type LogSource,
  maximumSources,
  nanoSchema,
} from '#lib/contracts/logs.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import {
  isFiltering,
  isPattern,
  LineFilter,
  type LogFilter,
  logFilterModes,
  logLevels,
} from '#lib/logs/filter.ts'
import { compileLogPattern } from '#lib/logs/pattern.ts'
import { plainLogLine } from '#lib/logs/sanitise.ts'
import { AppError } from '../../errors.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { LogService } from './service.ts'

const refs = z
  .string()
  .max(maximumSources * 90)
  .transform((text) =>
    text.split(',').map((ref) => {
      const [hostId = '', containerId = ''] = ref.split('/')
      return { hostId, containerId }
    }),
  )
  .pipe(z.array(z.object({ hostId: hostIdSchema, containerId: containerIdSchema })).max(maximumSources))

const downloadQuerySchema = z
  .object({
    /** host/container, separated by commas. */
    containers: refs.optional(),
    filter: z.string().max(1000).optional(),
    since: nanoSchema.optional(),
    until: nanoSchema.optional(),
    stdout: z.stringbool().default(true),
    stderr: z.stringbool().default(true),
    /** Only lines with this text, or as `mode` says. */
    keep: z.string().max(500).default(''),
    mode: z.enum(logFilterModes).default('text'),
    /** Only lines of this level and graver ones. */
    level: z.enum(logLevels).optional(),
    format: z.enum(['text', 'ndjson']).default('text'),
  })
  .refine((query) => (query.containers === undefined) !== (query.filter === undefined), {
    message: 'Either containers or a filter.',
    path: ['containers'],
  })

/** Logs as files; the live view has a socket of its own. */
export function logRoutes(logs: LogService) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/logs/download',
      act: 'container.logs',
      sends: ['text/plain', 'application/x-ndjson'],
      summary: 'Logs of containers as a file, merged in time order, up to now',
      query: downloadQuerySchema,
      async handler({ query, principal, signal, reply }) {
        const { containers, filter, format, since = '0', keep, mode, level = null, ...rest } = query
        const judge = judgeOf({ keep, mode, level })
        const selection = containers ? { containers } : { filter: filter ?? '' }
        const options = { ...rest, since, follow: false, tail: 0 }
        const stream = new PassThrough()
        const sources = new Map<number, LogSource>()
        /** Failed sources that the file tells of. */
        const told = new Set<number>()
        const began = Promise.withResolvers<void>()
        const say = async (lines: readonly string[]) => {
          if (lines.length === 0) return
          began.resolve()
          // The engines are read on when the client has taken what there is.
          if (!stream.write(`${lines.join('\n')}\n`)) await once(stream, 'drain', { signal })
        }
        const named = (source: LogSource | undefined) => `${source?.host}/${source?.name}`
        /** A log that is missing from the file, in its place: an empty one would look as if there were no lines. */
        const sayFailed = () => {
          const failed = [...sources.values()].filter(({ index, error }) => error && !told.has(index))
          for (const { index } of failed) told.add(index)
          return say(
            failed.map((source) => {
              const { code, message } = source.error as NonNullable<LogSource['error']>
              return format === 'ndjson'
                ? JSON.stringify({ host: source.host, container: source.name, error: { code, message } })
                : `# ${named(source)}: ${message}`
            }),
          )
        }
        const write = async (frame: LogServerFrame) => {
          if (frame.type === 'sources') for (const source of frame.sources) sources.set(source.index, source)
          if (frame.type === 'gap') {
            const { source, from, to } = frame
            const between = { from: instant(BigInt(from)), to: instant(BigInt(to)) }
            const { host, name } = sources.get(source) ?? {}
            return say([
              format === 'ndjson'
                ? JSON.stringify({ host, container: name, gap: between })
                : `# ${host}/${name}: lines between ${between.from} and ${between.to} are gone`,
            ])
          }
          if (frame.type !== 'lines' || frame.rows.length === 0) return
          began.resolve()
          const text = (await keptRows(frame.rows, judge)).map(([index, time, kind, line]) => {
            const source = sources.get(index)
            const at = instant(BigInt(time))
            const from = kind === 0 ? 'stdout' : 'stderr'
            if (format === 'ndjson') {
              const { host, name } = source ?? {}
              return JSON.stringify({ time: at, host, container: name, stream: from, line })
            }
            return `${at} ${sources.size > 1 ? `${named(source)} ` : ''}${plainLogLine(line)}`
          })
          await say(text)
          view.taken(frame.rows.length)
        }
        let writing: Promise<void> = Promise.resolve()
        const send = (frame: LogServerFrame) => {
          writing = writing
            .then(() => write(frame))
            .catch((error) => {
              stream.destroy(error)
            })
        }
        const finish = async () => {
          await writing
          const states = [...sources.values()]
          const [first] = states
          if (first?.error && states.every(({ error }) => error !== null) && !stream.readableLength)
            began.reject(new AppError(first.error.code as ErrorCode, { detail: first.error.detail }))
          await sayFailed()
          began.resolve()
          stream.end()
        }
        const ended = () => void finish().catch((error) => stream.destroy(error))
        const view = logs.view(principal, { selection, options, resume: {} }, send, {
          ended,
          lost: () => stream.destroy(new AppError('rights_changed')),
          failed: () => stream.destroy(new AppError('internal')),
        })
        stream.on('error', () => {})
        stream.on('close', () => {
          view.close()
          began.resolve()
        })
        signal.addEventListener('abort', () => stream.destroy())
        try {
          view.open()
          // Where there is nothing but a failure, that is the answer.
          await began.promise
        } catch (error) {
          view.close()
          throw error
        }
        const name = `roadstead-logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`
        await reply
          .header('content-type', format === 'text' ? 'text/plain; charset=utf-8' : 'application/x-ndjson')
          .header(
            'content-disposition',
            `attachment; filename="${name}.${format === 'text' ? 'log' : 'ndjson'}"`,
          )
          .header('cache-control', 'no-store')
          .send(stream)
      },
    }),
  ]
}

/** Null where all lines are wanted. Throws AppError `invalid_pattern` for an expression that is none. */
function judgeOf(filter: LogFilter): LineFilter | null {
  if (!isFiltering(filter)) return null
  if (filter.keep === '' || !isPattern(filter)) return new LineFilter(filter, null)
  const pattern = compileLogPattern(filter.keep)
  if (!pattern.ok) throw new AppError('invalid_pattern', { params: { reason: pattern.reason } })
  return new LineFilter(filter, pattern.test)
}

/** Milliseconds of judging after which others have their turn: an expression may take some for each line. */
const judgingTurnMs = 10

async function keptRows(rows: readonly LogRow[], judge: LineFilter | null): Promise<readonly LogRow[]> {
  if (!judge) return rows
  const kept: LogRow[] = []
  let began = performance.now()
  for (const row of rows) {
    const [source, , , text] = row
    if (judge.matches(source, text)) kept.push(row)
    if (performance.now() - began < judgingTurnMs) continue
    await setImmediate()
    began = performance.now()
  }
  return kept
}

/** ISO 8601 with all nine digits that the engine gave. */
function instant(time: bigint): string {
  const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19)
  return `${seconds}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`
}
