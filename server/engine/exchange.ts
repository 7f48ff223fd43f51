import type { Duplex, Readable, Writable } from 'node:stream'
import { AppError } from '../errors.ts'
import type { Transport } from '../transport/types.ts'
import { type AnswerHead, parseAnswerHead } from './answer-head.ts'
import { ChunkFollower } from './chunks.ts'

export interface ExchangeRequest {
  method: string
  /** With its query, encoded. */
  path: string
  headers: Record<string, string | string[]>
  /** Sent in chunks of our own, as fast as the engine takes it. Its pieces are given away: their memory is gone then. */
  body: Readable | null
  signal: AbortSignal
}

/** An answer whose body is still to come, on a connection of its own. */
export interface Exchanged extends Pick<AnswerHead, 'status' | 'headers' | 'framing'> {
  /**
   * Writes the body to a stream and resolves when it was whole; the stream is left open. Throws what the transport met.
   * @param framed chunks as they came, sizes and all, for a reader of chunks
   */
  passTo(to: Writable, framed: boolean): Promise<void>
  /** Closes the connection, whatever is still to come. */
  close(): void
}

/**
 * One request on a connection of its own, for bodies of any size: they go from one socket to the other as they were
 * read. Through undici each byte is copied twice more and passes four streams. Throws AppError.
 */
export async function exchange(transport: Transport, request: ExchangeRequest): Promise<Exchanged> {
  const { method, body, signal } = request
  const head = requestHead(request)
  try {
    const socket = await dial(transport, signal)
    // A channel of SSH closes when its other end agrees, which one that is gone never does.
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {})
    const abort = () => {
      aborted.reject(signal.reason)
      socket.destroy()
    }
    signal.addEventListener('abort', abort)
    socket.once('close', () => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
    socket.write(head, 'latin1')
    const sending = body && send(body, socket)
    socket.once('close', () => sending?.stop())
    const { answer, rest } = await Promise.race([readHead(socket, method), aborted.promise])
    // Who refuses reads no more: its words must not be lost with what it will not take.
    if (answer.status >= 400) sending?.stop()
    return {
      status: answer.status,
      headers: answer.headers,
      framing: answer.framing,
      close: () => socket.destroy(),
      passTo: (to, framed) =>
        Promise.race([pass(socket, answer.framing, rest, to, framed), aborted.promise]).catch(
          (error: unknown) => {
            throw transport.explain(error)
          },
        ),
    }
  } catch (error) {
    throw transport.explain(error)
  }
}

/** Rejects at once when asked to stop, though dialling may take longer. */
async function dial(transport: Transport, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted()
  const stopped = Promise.withResolvers<never>()
  const abort = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', abort)
  const dialled = transport.dial()
  try {
    const socket = await Promise.race([dialled, stopped.promise])
    // Without a listener a reset would end the process; whoever reads hears of it too.
    return socket.on('error', () => {})
  } catch (error) {
    dialled.then((socket) => socket.destroy()).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What would end a line early is a mistake of ours: names and paths are checked before. */
function requestHead({ method, path, headers, body }: ExchangeRequest): string {
  const all = { host: 'engine', connection: 'close', ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`))
  if (body) lines.push('transfer-encoding: chunked')
  else if (method !== 'GET' && method !== 'HEAD') lines.push('content-length: 0')
  if (!/^\/[\x21-\x7e]*$/.test(path) || lines.some((line) => !/^[\w-]+: [\x20-\x7e]*$/.test(line)))
    throw new AppError('internal', { detail: 'A request that cannot be written' })
  return [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

/** Sends a body as it comes. One that breaks off ends the connection, so that the engine does not take it for whole. */
function send(body: Readable, socket: Duplex): { stop(): void } {
  let lineEnd = ''
  const data = (piece: Buffer) => {
    socket.cork()
    socket.write(`${lineEnd}${piece.length.toString(16)}\r\n`, 'latin1')
    socket.write(piece, (error) => release(piece, error))
    socket.uncork()
    lineEnd = '\r\n'
    if (isFull(socket)) body.pause()
  }
  const drain = () => body.resume()
  const end = () => {
    stop()
    socket.write(`${lineEnd}0\r\n\r\n`, 'latin1')
  }
  const broken = () => {
    stop()
    socket.destroy(Object.assign(new Error('The body broke off'), { code: 'ECONNRESET' }))
  }
  const stop = () => {
    body.off('data', data).off('end', end).off('error', broken).off('close', broken)
    socket.off('drain', drain)
  }
  socket.on('drain', drain)
  body.on('end', end).on('error', broken).on('close', broken).on('data', data)
  if (body.destroyed) broken()
  return { stop }
}

function readHead(socket: Duplex, method: string): Promise<{ answer: AnswerHead; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const over = () => socket.off('data', data).off('error', fail).off('close', closed).off('end', closed)
    const fail = (error: unknown) => {
      over()
      socket.destroy()
      reject(error)
    }
    const closed = () => fail(closedEarly())
    const data = (piece: Buffer) => {
      bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece])
      try {
        const answer = parseAnswerHead(bytes, method)
        if (!answer) return
        if (answer.status === 101) throw new AppError('not_an_engine', { detail: 'A 101 nobody asked for' })
        socket.pause()
        over()
        resolve({ answer, rest: bytes.subarray(answer.length) })
      } catch (error) {
        fail(error)
      }
    }
    socket.on('error', fail).on('close', closed).on('end', closed).on('data', data)
  })
}

function pass(
  socket: Duplex,
  framing: AnswerHead['framing'],
  rest: Buffer,
  to: Writable,
  framed: boolean,
): Promise<void> {
  const chunks = framing.kind === 'chunked' ? new ChunkFollower() : null
  let left = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY
  return new Promise((resolve, reject) => {
    let isOver = false
    const finish = (error?: unknown) => {
      isOver = true
      socket.off('data', data).off('end', end).off('error', finish).off('close', closed)
      to.off('drain', drain)
      // What a peer says after its answer is nobody's.
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    const take = (piece: Buffer): boolean => {
      if (!chunks) {
        const part = piece.length > left ? piece.subarray(0, left) : piece
        left -= part.length
        if (part.length > 0) to.write(part, (error) => release(piece, error))
        return left === 0
      }
      if (framed) {
        const length = chunks.follow(piece)
        const part = length < piece.length ? piece.subarray(0, length) : piece
        to.write(part, (error) => release(piece, error))
      } else chunks.follow(piece, (start, stop) => to.write(piece.subarray(start, stop)))
      return chunks.isOver
    }
    const data = (piece: Buffer) => {
      try {
        if (take(piece)) finish()
        else if (isFull(to)) socket.pause()
      } catch (error) {
        finish(error)
      }
    }
    const drain = () => socket.resume()
    const end = () => finish(framing.kind === 'close' ? undefined : closedEarly())
    const closed = () => finish(closedEarly())
    if (left === 0) return finish()
    if (socket.destroyed) return closed()
    socket.on('end', end).on('error', finish).on('close', closed)
    to.on('drain', drain)
    if (rest.length > 0) data(rest)
    if (isOver) return
    socket.on('data', data)
    if (!isFull(to)) socket.resume()
  })
}

/** Whether more has to wait. What the kernel took at once needs no waiting, though `write` says so of large pieces. */
const isFull = (to: Writable) => to.writableNeedDrain && to.writableLength > 0

/**
 * Gives a written piece's memory back at once. V8 sees little of what pieces weigh and collects the whole heap to be rid
 * of them, again and again: half of an upload's CPU. Only of a piece that is all of its memory: others share theirs.
 */
function release(piece: Buffer, error: Error | null | undefined): void {
  const { buffer } = piece
  if (!error && piece.length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

const closedEarly = () =>
  Object.assign(new Error('closed in the middle of its answer'), { code: 'ECONNRESET' })
