import { AppError } from '../errors.ts'
import type { LogLine } from './logs.ts'

/**
 * Lines that come without a pause, from which on their end is in doubt: conmon hands the kernel 128 pieces at once, three
 * for each line, so that the 43rd of one reading is written in two.
 */
const doubtfulLines = 42
/** Milliseconds without a line that make a pause; Podman looks every 250 whether the file has grown. */
export const pauseMs = 100
/** Milliseconds after which no line comes soon: longer than from one look to the next. */
const silenceMs = 500
/** Lines of before by which a place in the log is known again. */
const contextLines = 8
/**
 * Lines asked for. Where the place is not among them, Podman was far from the end of the file, and only slow. It takes
 * time with the square of their number.
 */
const tailLines = 4000

/** The other ways to read the log that is followed. What they throw is thrown. */
export interface Rereading {
  /** The last lines, not followed. Podman 4.3 joins, doubles and cuts them where some were stored in pieces. */
  last(count: number): Promise<LogLine[]>
  /** From that moment on (null: from where the stream began), in place of the stream that was. */
  again(since: bigint | null, how: { follow: boolean }): Promise<AsyncIterable<LogLine>>
}

/**
 * A followed log of Podman without the holes that its reader makes. At the end of the file that reader takes what is
 * there of a line for all of it and goes to the end of what was written meanwhile (github.com/nxadm/tail, tailFileSync:
 * seekEnd): the line comes cut, mostly without any text, or not at all, and others after it are missing. That happens
 * only before a pause, after lines that come fast, or in the middle of one in many pieces. There the last line is held until the file's own last lines, read
 * backwards, agree. Where they do not, the log is followed anew from the second of the last line told, and what was told
 * of that second is counted off: lines that are alike are told apart by nothing but their number.
 *
 * When the container ends, the reader lets lines fall that it has not handed on yet (sendLine: Dying). The end is
 * therefore always read anew, not followed.
 *
 * Throws connection_reset where what was told of the last second is not there any more: who reads on from a position finds
 * out what is missing.
 */
export async function* withoutHoles(
  lines: AsyncIterable<LogLine>,
  { last, again }: Rereading,
): AsyncGenerator<LogLine> {
  let reader = lines[Symbol.asyncIterator]()
  const told = new Told()
  let held: LogLine | null = null
  let fast = 0
  /** The line at which the log was followed anew: the same a second time is what Podman has. */
  let doubted: LogLine | undefined
  /** What is read is not followed, and right. */
  let isRest = false
  const pass = (line: LogLine) => {
    told.add(line)
    doubted = undefined
    return line
  }
  const isWrong = async (line: LogLine, next: LogLine | null) =>
    !isSame(doubted, line) && !agrees(await last(tailLines), told, line, next)
  const reopen = async (how: { follow: boolean }): Promise<void> => {
    reader = (await again(told.count === 0 ? null : told.second, how))[Symbol.asyncIterator]()
    isRest = !how.follow
    const known = told.context.filter((line) => line.time === told.second)
    for (let left = told.count; left > 0; left--) {
      const { value, done } = await reader.next()
      if (done && how.follow) return reopen({ follow: false })
      const expected = known[known.length - left]
      if (done || (expected && !isSame(value, expected)))
        throw new AppError('connection_reset', { detail: 'What was read of the log is not in it any more.' })
    }
  }
  const doubt = (line: LogLine) => {
    doubted = line
    fast = doubtfulLines
    return reopen({ follow: true })
  }
  try {
    for (;;) {
      const coming = reader.next()
      // What fails while nobody waits for it is thrown by the next wait.
      coming.catch(() => {})
      const isPause = !(await within(coming, pauseMs))
      if (held && isPause && !(await within(coming, silenceMs))) {
        const line: LogLine = held
        held = null
        if (await isWrong(line, null)) {
          await doubt(line)
          continue
        }
        yield pass(line)
      }
      const item: IteratorResult<LogLine> = await coming
      if (item.done && isRest) return
      if (item.done) {
        const gone: unknown = await reopen({ follow: false }).catch((error: unknown) => error)
        if (gone instanceof AppError && gone.code === 'container_not_found') {
          if (held) yield pass(held)
          return
        }
        if (gone) throw gone
        held = null
        continue
      }
      if (held) {
        const line: LogLine = held
        held = null
        if ((isPause || line.paused) && (await isWrong(line, item.value))) {
          await doubt(line)
          continue
        }
        yield pass(line)
      }
      if (doubted === undefined && isPause) fast = 0
      fast += item.value.pieces ?? 1
      if (isRest || (fast < doubtfulLines && !item.value.paused)) yield pass(item.value)
      else held = item.value
    }
  } finally {
    // Not waited for: it would wait for the line that is being waited for.
    void reader.return?.()
  }
}

/** What was told: how much of the latest second (Podman tells no more of a time), and the last lines. */
class Told {
  second = 0n
  /** Lines of that second. Those told after them with an earlier time went on from before it. */
  count = 0
  private lines: LogLine[] = []

  add(line: LogLine): void {
    if (line.time > this.second) {
      this.second = line.time
      this.count = 0
    }
    if (line.time === this.second) this.count++
    this.lines.push(line)
    if (this.lines.length > 2 * contextLines) this.lines.splice(0, contextLines)
  }

  /** The last lines, whatever their second. */
  get context(): readonly LogLine[] {
    return this.lines.slice(-contextLines)
  }
}

/** Whether it settles within so many milliseconds, or had come by then and only our own loop was late. */
function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => setImmediate(resolve, false), milliseconds)
    const settled = () => {
      clearTimeout(timer)
      resolve(true)
    }
    promise.then(settled, settled)
  })
}

/**
 * Whether the line stands in the file after what was told, and before `next`, or where there is none as the last. True where the
 * place is not found.
 */
function agrees(found: readonly LogLine[], told: Told, line: LogLine, next: LogLine | null): boolean {
  // A line that is still being written is none of the stream's yet.
  const lines = found.at(-1)?.open && !line.open ? found.slice(0, -1) : found
  const first = lines.findIndex(({ time }) => time >= told.second)
  // The whole second is there: a place is a number.
  const isCounted = told.count > 0 && (first > 0 || (first === 0 && found.length < tailLines))
  const from = isCounted ? first + told.count : placeAfter(lines, told.context)
  if (from === null) return true
  const rest = lines.slice(from)
  return isSame(rest[0], line) && (next === null ? rest.length === 1 : isSame(rest[1], next))
}

/** The latest place after those lines. */
function placeAfter(found: readonly LogLine[], context: readonly LogLine[]): number | null {
  const wanted = context.toReversed()
  for (let place = found.length; place >= wanted.length; place--)
    if (wanted.every((line, index) => isSame(found[place - 1 - index], line))) return place
  return null
}

const isSame = (a: LogLine | undefined, b: LogLine) =>
  a !== undefined && a.time === b.time && a.stream === b.stream && a.text === b.text
