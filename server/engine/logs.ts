import { StringDecoder } from 'node:string_decoder'
import { AppError } from '../errors.ts'
import type { EngineContext } from './context.ts'
import { timeouts } from './context.ts'
import { nanoToSeconds } from './events.ts'
import { segments, send } from './request.ts'

export interface LogLine {
  /** Nanoseconds since the epoch, by the engine's clock. Podman tells whole seconds. */
  time: bigint
  stream: 'stdout' | 'stderr'
  text: string
  /** The engine's answer ended in the middle of it: of a running container the rest is still to come. */
  open?: true
}

export interface LogRequest {
  /** Config.Tty of the container: its log is then what a terminal got, and of Docker one raw stream. */
  tty: boolean
  follow: boolean
  /** Nanoseconds, inclusive. */
  since?: bigint
  tail?: number
  signal: AbortSignal
}

export interface LogCalls {
  /**
   * The lines of both streams, oldest first, in the engine's order. Ends when the container ends, is restarted or removed (or at the
   * last line without `follow`). Throws AppError: log_unreadable for a driver that cannot be read, connection_reset
   * when cut.
   */
  containerLogs(id: string, request: LogRequest): Promise<AsyncIterable<LogLine>>
}

export function createLogCalls({ transport, isPodman, docker, libpod }: EngineContext): LogCalls {
  return {
    async containerLogs(id, { tty, follow, since, tail, signal }) {
      const answer = await send(transport, {
        method: 'GET',
        // libpod frames a TTY's log too: conmon stamps whatever it read, in the middle of lines, and in a raw stream
        // nothing would tell such a stamp from the container's own words.
        path: isPodman()
          ? libpod(`/containers/${segments(id)}/logs`)
          : docker(`/containers/${segments(id)}/logs`),
        query: {
          ...{ stdout: true, stderr: true, timestamps: true, follow },
          since: since === undefined ? undefined : nanoToSeconds(since),
          tail: tail ?? 'all',
        },
        subject: 'container',
        timeoutMs: timeouts.read,
        signal,
      }).catch((error) => {
        if (error instanceof AppError && unreadable.test(error.context.detail ?? '')) {
          throw new AppError('log_unreadable', { detail: error.context.detail, cause: error })
        }
        throw error
      })
      return lines(answer.body, { framed: !tty || isPodman(), tty }, transport.explain)
    },
  }
}

/** Docker's 501 and Podman's 500 for the drivers `none`, `syslog` and the like. */
const unreadable = /does not support reading|driver.*(none|passthrough)|logs.*(not supported|disabled)/i

async function* lines(
  body: AsyncIterable<Uint8Array>,
  log: { framed: boolean; tty: boolean },
  explain: (error: unknown) => Error,
): AsyncGenerator<LogLine> {
  const parser = log.framed ? new FramedLog() : new RawLog()
  const clean = function* (found: Iterable<LogLine>) {
    for (const line of found) {
      // A terminal ends its lines with CR LF.
      if (log.tty && line.text.endsWith('\r')) line.text = line.text.slice(0, -1)
      yield line
    }
  }
  try {
    for await (const chunk of body) yield* clean(parser.push(chunk as Buffer))
    yield* clean(parser.end())
  } catch (error) {
    throw explain(error)
  }
}

/** A line longer than this is cut and goes on as another: a container can write gigabytes without a newline. */
const maximumLine = 1024 * 1024
/** `2026-11-21T02:26:09.521452506Z `, with an offset on some Podman hosts. */
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/

/** One stream's text to lines. Keeps characters that were cut between two frames whole. */
class Assembler {
  private readonly decoder = new StringDecoder('utf8')
  private readonly stream: LogLine['stream']
  private text = ''
  private time = 0n
  /** The last piece did not end the line: the next one is stamped again all the same. */
  private open = false

  constructor(stream: LogLine['stream']) {
    this.stream = stream
  }

  /** A piece that the engine stamped: a frame, or a line of a raw log. `ends` tells whether a newline came with it. */
  *piece(bytes: Buffer, ends: boolean): Generator<LogLine> {
    // The stamp goes before decoding: the rest of a character that was cut follows right after it.
    const found = stamp.exec(bytes.toString('latin1', 0, 40))
    if (!this.open && found) this.time = nanos(found)
    this.text += this.decoder.write(found ? bytes.subarray(found[0].length) : bytes)
    if (ends) this.text += this.decoder.end()
    this.open = !ends
    if (ends || this.text.length > maximumLine) yield this.take()
  }

  *end(): Generator<LogLine> {
    this.text += this.decoder.end()
    if (this.text !== '') yield { ...this.take(), open: true }
  }

  private take(): LogLine {
    const line = { time: this.time, stream: this.stream, text: this.text }
    this.text = ''
    return line
  }
}

/** Thousands of lines share a second: it is read once. */
let known = { text: '', nanos: 0n }

function nanos([, second = '', fraction = '', zone = '']: RegExpExecArray): bigint {
  const text = second + zone
  if (known.text !== text) {
    const milliseconds = Date.parse(text)
    known = { text, nanos: Number.isNaN(milliseconds) ? 0n : BigInt(milliseconds) * 1_000_000n }
  }
  return known.nanos + BigInt(fraction.padEnd(9, '0'))
}

/**
 * Docker's multiplexed stream: 8 bytes of head (stream, three zeros, length big-endian) and the payload. Engines cut a
 * long line into frames (16 KiB, Podman 8 KiB) and stamp each; only the last one ends with a newline.
 */
export class FramedLog {
  private readonly assemblers = [new Assembler('stdout'), new Assembler('stdout'), new Assembler('stderr')]
  private waiting: Buffer[] = []
  private length = 0
  private wanted = 8;

  *push(chunk: Buffer): Generator<LogLine> {
    this.waiting.push(chunk)
    this.length += chunk.length
    while (this.length >= this.wanted) {
      const all = this.waiting.length === 1 ? (this.waiting[0] as Buffer) : Buffer.concat(this.waiting)
      let at = 0
      for (;;) {
        const left = all.length - at
        if (left < 8) {
          this.wanted = 8
          break
        }
        const assembler = this.assemblers[all[at] as number]
        if (!assembler || all[at + 1] !== 0 || all[at + 2] !== 0 || all[at + 3] !== 0) {
          throw new AppError('engine_answer_invalid', {
            detail: `Not a log frame: ${all.subarray(at, at + 8).toString('hex')}`,
          })
        }
        const size = all.readUInt32BE(at + 4)
        if (size > 2 * maximumLine) {
          throw new AppError('engine_answer_invalid', { detail: `A log frame of ${size} bytes` })
        }
        if (left < 8 + size) {
          this.wanted = 8 + size
          break
        }
        const payload = all.subarray(at + 8, at + 8 + size)
        at += 8 + size
        if (size === 0) continue
        const ends = payload[size - 1] === 10
        yield* assembler.piece(ends ? payload.subarray(0, size - 1) : payload, ends)
      }
      const rest = all.subarray(at)
      this.waiting = rest.length > 0 ? [rest] : []
      this.length = rest.length
    }
  }

  *end(): Generator<LogLine> {
    for (const assembler of this.assemblers) yield* assembler.end()
  }
}

/** A TTY's log: what the terminal got, each piece that the engine read stamped at its beginning. */
export class RawLog {
  private readonly assembler = new Assembler('stdout')
  private waiting: Buffer[] = []
  private length = 0;

  *push(chunk: Buffer): Generator<LogLine> {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield* this.line(chunk.subarray(from, end), true)
      from = end + 1
    }
    if (from < chunk.length) {
      this.waiting.push(chunk.subarray(from))
      this.length += chunk.length - from
      if (this.length > maximumLine) yield* this.line(Buffer.alloc(0), false)
    }
  }

  *end(): Generator<LogLine> {
    if (this.length > 0) yield* this.line(Buffer.alloc(0), false)
    yield* this.assembler.end()
  }

  private *line(last: Buffer, ends: boolean): Generator<LogLine> {
    let bytes = this.waiting.length > 0 ? Buffer.concat([...this.waiting, last]) : last
    this.waiting = []
    this.length = 0
    for (let size = pieceLength(bytes); size < bytes.length; size = pieceLength(bytes)) {
      yield* this.assembler.piece(bytes.subarray(0, size), false)
      bytes = bytes.subarray(size)
    }
    yield* this.assembler.piece(bytes, ends)
  }
}

/** What Docker's and Podman's log writers take at once. */
const pieceSizes = [16_384, 8192]

/** Where the next piece of a long line begins: it is stamped in the middle of the line, where nothing else shows it. */
function pieceLength(bytes: Buffer): number {
  const head = stamp.exec(bytes.toString('latin1', 0, 40))?.[0].length
  if (head === undefined) return bytes.length
  for (const size of pieceSizes) {
    const at = head + size
    if (at < bytes.length && stamp.test(bytes.toString('latin1', at, at + 40))) return at
  }
  return bytes.length
}
