import { StringDecoder } from 'node:string_decoder'
import { AppError } from '../errors.ts'
import type { LogLine } from './logs.ts'

/** A line longer than this is cut and goes on as another: a container can write gigabytes without a newline. */
const maximumLine = 1024 * 1024
/** `2026-11-21T02:26:09.521452506Z `, with an offset on some Podman hosts. */
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/

/** How to tell that a line which ended without a newline does not go on: the container ended there. */
export interface RunEnd {
  /** Docker's pieces are full unless the container closed its output. */
  fullPiece?: number
  /** Podman's are not: what came before the last start is of another run. Asked with each piece: it may be started meanwhile. */
  runBegan?(): bigint
}

const never = () => 0n

/** One stream's text to lines. Keeps characters that were cut between two frames whole. */
class Assembler {
  private readonly decoder = new StringDecoder('utf8')
  private readonly stream: LogLine['stream']
  private text = ''
  private time = 0n
  /** The last piece did not end the line: the next one is stamped again all the same. */
  private open = false
  private pieces = 0
  private paused = false
  private readonly fullPiece: number
  private readonly runBegan: () => bigint

  constructor(stream: LogLine['stream'], { fullPiece = 0, runBegan = never }: RunEnd = {}) {
    this.stream = stream
    this.fullPiece = fullPiece
    this.runBegan = runBegan
  }

  /** A piece that the engine stamped: a frame, or a line of a raw log. `ends` tells whether a newline came with it. */
  *piece(bytes: Buffer, ends: boolean): Generator<LogLine> {
    // The stamp goes before decoding: the rest of a character that was cut follows right after it.
    const found = stamp.exec(bytes.toString('latin1', 0, 40))
    const time = found ? nanos(found) : this.time
    const runBegan = this.runBegan()
    if (this.open && this.time < runBegan && time >= runBegan) {
      this.text += this.decoder.end()
      yield this.take()
      this.open = false
    }
    if (!this.open) this.time = time
    const payload = found ? bytes.subarray(found[0].length) : bytes
    const whole = ends || payload.length < this.fullPiece
    this.pieces++
    this.text += this.decoder.write(payload)
    if (whole) this.text += this.decoder.end()
    this.open = !whole
    if (whole || this.text.length > maximumLine) yield this.take()
  }

  /** Time passes before the next piece. */
  pause(): void {
    this.paused = this.open
  }

  *end(): Generator<LogLine> {
    this.text += this.decoder.end()
    if (this.text !== '') yield { ...this.take(), open: true }
  }

  private take(): LogLine {
    const line: LogLine = { time: this.time, stream: this.stream, text: this.text }
    if (this.pieces > 1) line.pieces = this.pieces
    if (this.paused) line.paused = true
    this.paused = false
    this.text = ''
    this.pieces = 0
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
  private readonly assemblers: Assembler[]
  private waiting: Buffer[] = []
  private length = 0
  private wanted = 8

  constructor(runEnd: RunEnd = {}) {
    this.assemblers = (['stdout', 'stdout', 'stderr'] as const).map((stream) => new Assembler(stream, runEnd))
  }

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

  /** Time passes before what is pushed next. */
  pause(): void {
    for (const assembler of this.assemblers) assembler.pause()
  }

  *end(): Generator<LogLine> {
    for (const assembler of this.assemblers) yield* assembler.end()
  }
}

/** A TTY's log: what the terminal got, each piece that the engine read stamped at its beginning. */
export class RawLog {
  private readonly assembler = new Assembler('stdout')
  private readonly runBegan: () => bigint
  private waiting: Buffer[] = []
  private length = 0

  constructor({ runBegan = never }: RunEnd = {}) {
    this.runBegan = runBegan
  }

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
    const runBegan = this.runBegan()
    for (let next = nextStamp(bytes, runBegan); next; next = nextStamp(bytes, runBegan)) {
      yield* this.assembler.piece(bytes.subarray(0, next.at), next.ends)
      bytes = bytes.subarray(next.at)
    }
    yield* this.assembler.piece(bytes, ends)
  }
}

/** What Docker's log writer takes at once. */
export const fullPiece = 16_384
/** As Docker stamps: always nine digits. */
const fullStamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /g

/** Nanoseconds by which an engine's clock may be ahead of ours. */
const clockSlack = 86_400_000_000_000n

/**
 * The next stamp in the middle of a line, where nothing else shows it: of the next piece of a long line, or of the
 * container's next run (`ends`), which Docker puts right after what the last one left without a newline. Such a stamp is
 * later than the line's own, and than now it is not. What the present run wrote (`runBegan`, nanoseconds) is followed by
 * no other run: there, whatever looks like a stamp is the program's own word.
 */
function nextStamp(bytes: Buffer, runBegan: bigint): { at: number; ends: boolean } | null {
  const own = stamp.exec(bytes.toString('latin1', 0, 40))
  if (!own) return null
  const head = own[0].length
  const time = nanos(own)
  if (time < runBegan) {
    const latest = BigInt(Date.now()) * 1_000_000n + clockSlack
    const text = bytes.toString('latin1', 0, head + fullPiece + 40)
    for (const { 0: found, index } of text.matchAll(fullStamp)) {
      if (index < head || index >= head + fullPiece) continue
      const next = nanos(stamp.exec(found) as RegExpExecArray)
      if (next > time && next <= latest) return { at: index, ends: true }
    }
  }
  const next = bytes.toString('latin1', head + fullPiece, head + fullPiece + 40)
  return stamp.test(next) ? { at: head + fullPiece, ends: false } : null
}
