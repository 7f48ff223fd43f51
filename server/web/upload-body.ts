import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'

/** Milliseconds for a client to take in an answer that came before its body was sent. */
const lingerMs = 5000

/**
 * Gives the body of a request to its receiver, who may leave it early: the client is then still sending. Closed at once,
 * its connection would be reset and our answer lost with it (RFC 9112, section 9.6), so what still comes is thrown away
 * for a while. A browser that sends for longer is cut off then, and shows the answer that it has.
 */
export async function receiveBody<T>(
  request: IncomingMessage,
  receive: (body: Readable) => Promise<T>,
): Promise<T> {
  // A stream of its own: who destroys it leaves the connection alone.
  const body = new PassThrough()
  body.on('error', () => {})
  const cut = () => {
    if (!request.readableEnded) body.destroy(new Error('The connection was closed in the middle.'))
  }
  request.once('error', cut).once('close', cut)
  request.pipe(body)
  try {
    return await receive(body)
  } finally {
    request.unpipe(body)
    body.destroy()
    leaveBody(request)
  }
}

/**
 * As `receiveBody`, for who has read from the request itself and reads no more. To be called before the answer is ended:
 * where a connection is not kept (`Connection: close`), Node closes it with the end of the answer and not of the request.
 */
export function leaveBody(request: IncomingMessage): void {
  const { socket } = request
  if (!request.complete && !request.destroyed) {
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    const close = socket.destroySoon
    let isOver = false
    socket.destroySoon = () => {
      isOver = true
      socket.end()
    }
    request.once('close', () => {
      clearTimeout(timer)
      socket.destroySoon = close
      if (isOver) socket.destroySoon()
    })
  }
  request.resume()
}
