import type { WebSocket } from 'ws'
import { type LogServerFrame, logClientFrameSchema } from '#lib/contracts/logs.ts'
import { AppError } from '../errors.ts'
import { toAppError } from '../http/error-response.ts'
import type { LogService } from '../logs/service.ts'
import type { LogView } from '../logs/view.ts'
import { toApiError } from '../messages.ts'
import { end, type SocketDefinition } from './connection.ts'

/** A request for older lines reads the engine: one at a time for each viewer. */
export function logSocket(logs: LogService): SocketDefinition {
  return {
    path: '/api/logs',
    access: 'containers.logs',
    inPreview: true,
    open(socket, principal) {
      let view: LogView | null = null
      let older: Promise<void> | null = null
      socket.on('close', () => view?.close())
      socket.on('message', (data, isBinary) => {
        const frame = isBinary ? null : parse(String(data))
        if (!frame || (frame.type === 'open') === (view !== null)) {
          socket.close(1008, 'not understood')
          return
        }
        if (frame.type === 'open') {
          const { selection, resume = {}, type: _, ...options } = frame
          const lost = () => end(socket, { changed: true })
          view = logs.view(principal, { selection, options, resume }, (sent) => send(socket, sent), { lost })
          try {
            view.open()
          } catch (error) {
            view.close()
            fail(socket, error)
            socket.close(1000, 'refused')
          }
        } else if (frame.type === 'taken') view?.taken(frame.lines)
        else if (older === null) {
          const { source, before, shown, limit } = frame
          older = (view as LogView)
            .older(source, BigInt(before), shown, limit)
            .catch((error) => fail(socket, error))
            .finally(() => {
              older = null
            })
        }
      })
    },
  }
}

function send(socket: WebSocket, frame: LogServerFrame): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
}

function fail(socket: WebSocket, error: unknown): void {
  const known = error instanceof AppError ? error : toAppError(error)
  send(socket, { type: 'error', error: toApiError(known) })
}

function parse(text: string) {
  try {
    return logClientFrameSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
