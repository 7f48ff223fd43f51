import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { AppError } from '../errors.ts'
import { waitPatiently } from '../patience.ts'
import type { Transport } from '../transport/types.ts'
import { engineError, type Subject } from './errors.ts'

export interface HijackRequest {
  path: string
  query?: Record<string, string | number | boolean>
  body?: unknown
  subject: Subject
  signal: AbortSignal
  /** Milliseconds until the engine has answered. */
  timeoutMs: number
}

/** An answer of an engine that refuses is small. */
const maximumRefusal = 64 * 1024

/**
 * Turns a request into a raw two-way stream (exec start, attach): the engine answers 101 and the connection is ours.
 * Ending our half is EOF for the process, and its output still comes. Throws AppError, also when the engine refuses.
 */
export function hijack(transport: Transport, request: HijackRequest): Promise<Duplex> {
  const { path, query = {}, body, subject, signal, timeoutMs } = request
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null
    let status = 0
    const chunks: Buffer[] = []
    let length = 0
    const fail = (error: unknown) => {
      callOff()
      signal.removeEventListener('abort', abort)
      reject(transport.explain(error))
    }
    const abort = () => controller?.abort(signal.reason as Error)
    const callOff = waitPatiently(timeoutMs, () => {
      const detail = `No answer within ${timeoutMs / 1000} s: POST ${path}`
      controller?.abort(new AppError('host_unresponsive', { detail, params: { seconds: timeoutMs / 1000 } }))
    })
    signal.addEventListener('abort', abort)
    transport.dispatchers.persons.dispatch(
      {
        origin: transport.origin,
        method: 'POST',
        path: `${path}${search.size > 0 ? `?${search}` : ''}`,
        upgrade: 'tcp',
        // None where none is asked for: Podman gives the body of an attach to the container as its input.
        headers: { host: 'engine', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      },
      {
        onRequestStart(started) {
          controller = started
          if (signal.aborted) abort()
        },
        onRequestUpgrade(_controller, _status, _headers, socket) {
          callOff()
          signal.removeEventListener('abort', abort)
          // Without a listener a reset would end the process; whoever reads hears of it too.
          socket.on('error', () => {})
          if (signal.aborted) {
            socket.destroy()
            reject(transport.explain(signal.reason))
          } else resolve(socket)
        },
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData(_controller, chunk) {
          length += chunk.length
          if (length <= maximumRefusal) chunks.push(chunk)
        },
        onResponseEnd() {
          fail(engineError(status, Buffer.concat(chunks).toString('utf8'), subject))
        },
        onResponseError(_controller, error) {
          fail(error)
        },
      },
    )
  })
}
