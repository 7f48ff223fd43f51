import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import { type LogServerFrame, type LogSource, maximumSources, nanoSchema } from '#lib/contracts/logs.ts'
import { plainLogLine } from '#lib/log-sanitise.ts'
import type { Principal } from '../../auth/types.ts'
import { AppError } from '../../errors.ts'
import type { LogService } from '../../logs/service.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'

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
    format: z.enum(['text', 'ndjson']).default('text'),
  })
  .refine((query) => (query.containers === undefined) !== (query.filter === undefined), {
    message: 'Either containers or a filter.',
    path: ['containers'],
  })

/** Logs as files; the live view has a socket of its own. */
export function logRoutes(logs: LogService): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/logs/download',
      access: 'containers.logs',
      summary: 'Logs of containers as a file, merged in time order, up to now',
      query: downloadQuerySchema,
      async handler({ query, principal, signal, reply }) {
        const { containers, filter, format, since = '0', ...rest } = query
        const selection = containers ? { containers } : { filter: filter ?? '' }
        const options = { ...rest, since, follow: false, tail: 0 }
        const stream = new PassThrough()
        const sources = new Map<number, LogSource>()
        const write = async (frame: LogServerFrame) => {
          if (frame.type === 'sources') for (const source of frame.sources) sources.set(source.index, source)
          if (frame.type !== 'lines' || frame.rows.length === 0) return
          const text = frame.rows.map(([index, time, kind, line]) => {
            const source = sources.get(index)
            const at = instant(BigInt(time))
            const from = kind === 0 ? 'stdout' : 'stderr'
            if (format === 'ndjson') {
              const { host, name } = source ?? {}
              return JSON.stringify({ time: at, host, container: name, stream: from, line })
            }
            return `${at} ${sources.size > 1 ? `${source?.host}/${source?.name} ` : ''}${plainLogLine(line)}`
          })
          // The engines are read on when the client has taken what there is.
          if (!stream.write(`${text.join('\n')}\n`)) await once(stream, 'drain', { signal })
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
        const ended = () => void writing.then(() => stream.end())
        const view = logs.view(principal as Principal, { selection, options, resume: {} }, send, {
          ended,
          lost: () => stream.destroy(new AppError('rights_changed')),
        })
        try {
          view.open()
        } catch (error) {
          view.close()
          throw error
        }
        signal.addEventListener('abort', () => {
          view.close()
          stream.destroy()
        })
        stream.on('close', () => view.close())
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

/** ISO 8601 with all nine digits that the engine gave. */
function instant(time: bigint): string {
  const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19)
  return `${seconds}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`
}
