import type { Duplex, Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { EngineContext } from './context.ts'
import { type Exchanged, exchange } from './exchange.ts'
import type { EngineAnswer } from './request.ts'

export interface ForwardRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Rebuilt by the gateway, version included. */
  path: string
  query: readonly (readonly [name: string, value: string])[]
  /** The gateway's own choice, none of the client's taken over unseen. */
  headers: Record<string, string | string[]>
  body: string | null
  signal: AbortSignal
}

/** What an engine made of a request for a raw stream. */
export type Upgraded =
  | { kind: 'stream'; headers: EngineAnswer['headers']; socket: Duplex }
  /** It answered as to any request: mostly why it will not. */
  | { kind: 'answer'; status: number; headers: EngineAnswer['headers']; body: Buffer }

export interface ForwardCalls {
  /**
   * For the gateway alone: sends what it has authorised and rebuilt, and returns the engine's answer as it is, errors
   * and all, with the body unread. No time limit: a `wait` takes as long as its container. Throws AppError.
   */
  forward(request: ForwardRequest): Promise<EngineAnswer>
  /** As `forward`, on a connection of its own, for bodies of any size. */
  forwardBulk(request: Omit<ForwardRequest, 'body'> & { body: Readable | null }): Promise<Exchanged>
  /** As `forward`, for exec start, attach and BuildKit: the connection becomes a raw stream both ways. */
  forwardUpgrade(request: ForwardRequest & { protocol: 'tcp' | 'h2c' | 'websocket' }): Promise<Upgraded>
}

/** An answer in place of a stream is a refusal, or the last words of an exec that ran already. */
const maximumAnswer = 1024 * 1024

export function createForwardCalls({ transport }: Pick<EngineContext, 'transport'>): ForwardCalls {
  const pathOf = ({ path, query }: Pick<ForwardRequest, 'path' | 'query'>) =>
    query.length > 0 ? `${path}?${new URLSearchParams(query.map(([name, value]) => [name, value]))}` : path
  return {
    async forward(request) {
      const { method, body, signal, headers } = request
      try {
        const answer = await transport.dispatchers.persons.request({
          origin: transport.origin,
          method,
          path: pathOf(request),
          body,
          signal,
          headers: { host: 'engine', ...headers },
        })
        answer.body.on('error', () => {})
        return { status: answer.statusCode, headers: answer.headers, body: answer.body }
      } catch (error) {
        throw transport.explain(error)
      }
    },
    forwardBulk: (request) => exchange(transport, { ...request, path: pathOf(request) }),
    forwardUpgrade: (request) =>
      new Promise((resolve, reject) => {
        const { method, body, signal, headers, protocol } = request
        let controller: Dispatcher.DispatchController | null = null
        let status = 0
        let answered: EngineAnswer['headers'] = {}
        const chunks: Buffer[] = []
        let length = 0
        const abort = () => controller?.abort(signal.reason as Error)
        const done = () => signal.removeEventListener('abort', abort)
        signal.addEventListener('abort', abort)
        transport.dispatchers.persons.dispatch(
          {
            origin: transport.origin,
            method,
            path: pathOf(request),
            upgrade: protocol,
            body,
            headers: { host: 'engine', ...headers },
          },
          {
            onRequestStart(started) {
              controller = started
              if (signal.aborted) abort()
            },
            onRequestUpgrade(_controller, _status, found, socket) {
              done()
              // Without a listener a reset would end the process; whoever reads hears of it too.
              socket.on('error', () => {})
              if (signal.aborted) {
                socket.destroy()
                reject(transport.explain(signal.reason))
              } else resolve({ kind: 'stream', headers: found, socket })
            },
            onResponseStart(_controller, code, found) {
              status = code
              answered = found
            },
            onResponseData(_controller, chunk) {
              length += chunk.length
              if (length <= maximumAnswer) chunks.push(chunk)
            },
            onResponseEnd() {
              done()
              resolve({ kind: 'answer', status, headers: answered, body: Buffer.concat(chunks) })
            },
            onResponseError(_controller, error) {
              done()
              reject(transport.explain(error))
            },
          },
        )
      }),
  }
}
