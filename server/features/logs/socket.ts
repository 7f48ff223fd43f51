import type { z } from 'zod'
import { permissionOf } from '#lib/acts.ts'
import { closeCodes } from '#lib/close-codes.ts'
import { type LogServerFrame, logClientFrameSchema } from '#lib/contracts/logs.ts'
import { AppError } from '../../errors.ts'
import { toApiError } from '../../messages.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { Credit } from '../../web/credit.ts'
import { type Channel, defineSocket } from '../../web/define-socket.ts'
import { toAppError } from '../../web/error-response.ts'
import type { LogService } from './service.ts'
import type { LogView } from './view.ts'

type Frame = z.output<typeof logClientFrameSchema>
type Open = Extract<Frame, { type: 'open' }>
type Older = Extract<Frame, { type: 'older' }>

/** A request for older lines reads the engine: one at a time for each viewer. */
export function logSocket(logs: LogService, concurrency: Pick<Concurrency, 'stream'>) {
  return defineSocket({
    path: '/api/logs',
    access: permissionOf('container.logs'),
    inPreview: true,
    frames: logClientFrameSchema,
    open(channel: Channel<LogServerFrame>) {
      let view: LogView | null = null
      let reading = false
      const credit = new Credit((lines) => view?.taken(lines))
      const fail = (error: unknown) =>
        channel.say({
          type: 'error',
          error: toApiError(error instanceof AppError ? error : toAppError(error)),
        })
      const sayCounted = (frame: LogServerFrame) => {
        if (frame.type === 'lines') channel.say(frame, credit.hand(frame.rows.length))
        else if (frame.type !== 'older') channel.say(frame)
        // Asked for again and again by who does not read them, they would pile up.
        else
          channel.say(frame, () => {
            reading = false
            // The lines may have waited for it.
            view?.taken(0)
          })
      }
      const older = async ({ source, before, skip, shown, limit }: Older) => {
        try {
          await (view as LogView).older(source, { time: BigInt(before), skip, shown }, limit)
        } catch (error) {
          fail(error)
          reading = false
        }
      }
      const begin = (frame: Open) => {
        const { selection, resume = {}, type: _, ...options } = frame
        const told = {
          lost: () => channel.end({ changed: true }),
          failed: channel.drop,
          isBehind: () => channel.isBehind(),
        }
        view = logs.view(channel.principal, { selection, options, resume }, sayCounted, told)
        try {
          view.open()
          for (const hostId of new Set(view.containers().map(([id]) => id)))
            channel.onClose(concurrency.stream(channel.principal, hostId))
        } catch (error) {
          view.close()
          fail(error)
          channel.close(closeCodes.over, 'refused')
        }
      }
      channel.onClose(() => view?.close())
      return {
        frame(frame) {
          if ((frame.type === 'open') === (view !== null)) channel.misunderstood()
          else if (frame.type === 'open') begin(frame)
          else if (frame.type === 'taken') credit.claim(frame.lines)
          else if (!reading) {
            reading = true
            void older(frame)
          }
        },
      }
    },
  })
}
