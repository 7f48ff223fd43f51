import type { LogLine } from './logs.ts'

/**
 * Lines that come without a pause, from which on their end is in doubt: conmon hands the kernel 128 pieces at once, three
 * for each line, so that the 43rd of one reading is written in two.
 */
const doubtfulLines = 42
/** Milliseconds without a line that make a pause; Podman looks every 250 whether the file has grown. */
const pauseMs = 100
/** Milliseconds after which no line comes soon: longer than from one look to the next. */
const silenceMs = 500
/** Lines of before by which a place in the log is known again. */
const contextLines = 8
/**
 * Lines asked for. Where the place is not among them, Podman was far from the end of the file, and only slow. It takes
 * time with the square of their number.
 */
const tailLines = 4000

/**
 * A followed log of Podman without the holes that its reader makes. At the end of the file that reader takes what is
 * there of a line for all of it and goes to the end of what was written meanwhile (github.com/nxadm/tail, tailFileSync:
 * seekEnd): the line comes cut, mostly without any text, or not at all, and others after it are missing. That happens
 * only before a pause, after lines that come fast. There the last line is held until the file's own last lines, read
 * backwards, have told what stands between it and the next.
 * @param last the last lines of the log, not followed. What it throws is thrown.
 */
export async function* withoutHoles(
  lines: AsyncIterable<LogLine>,
  last: (count: number) => Promise<LogLine[]>,
): AsyncGenerator<LogLine> {
  const reader = lines[Symbol.asyncIterator]()
  const context: LogLine[] = []
  let held: LogLine | null = null
  let fast = 0
  /** Told out of the file in a silence: where Podman was only slow, it tells them as well. */
  let ahead: LogLine[] = []
  const pass = (line: LogLine) => {
    context.push(line)
    if (context.length > 2 * contextLines) context.splice(0, contextLines)
    return line
  }
  try {
    for (;;) {
      const asked = performance.now()
      const coming = reader.next()
      // What fails while nobody waits for it is thrown by the next wait.
      coming.catch(() => {})
      const inDoubt: boolean = held !== null && !(await within(coming, pauseMs))
      if (held && inDoubt && !(await within(coming, silenceMs))) {
        ahead = (await missing(context, null, last)) ?? [held]
        for (const line of ahead) yield pass(line)
        if (isSame(ahead[0], held)) ahead.shift()
        held = null
      }
      const item: IteratorResult<LogLine> = await coming
      if (held && (inDoubt || item.done))
        for (const line of (await missing(context, item.done ? null : item.value, last)) ?? [held])
          yield pass(line)
      else if (held) yield pass(held)
      held = null
      if (item.done) return
      const told = ahead.findIndex((line) => isSame(line, item.value))
      ahead = ahead.slice(told + 1).filter(({ time }) => time >= item.value.time)
      if (told >= 0) continue
      if (performance.now() - asked > pauseMs) fast = 0
      if (++fast < doubtfulLines) yield pass(item.value)
      else held = item.value
    }
  } finally {
    // Not waited for: it would wait for the line that is being waited for.
    void reader.return?.()
  }
}

/** Whether it settles within so many milliseconds. */
function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds, false)
    const settled = () => {
      clearTimeout(timer)
      resolve(true)
    }
    promise.then(settled, settled)
  })
}

/** The lines after those of the context, before `next` or to the end; null where they are not found. */
async function missing(
  context: readonly LogLine[],
  next: LogLine | null,
  last: (count: number) => Promise<LogLine[]>,
): Promise<LogLine[] | null> {
  const found = await last(tailLines)
  const from = placeAfter(found, context)
  if (from === null) return null
  if (next === null) return found.slice(from)
  const to = found.findIndex((line, index) => index >= from && isSame(line, next))
  return to < 0 ? null : found.slice(from, to)
}

/** The latest place after those lines: where lines are equal to each other, none is taken to be missing. */
function placeAfter(found: readonly LogLine[], context: readonly LogLine[]): number | null {
  const wanted = context.slice(-contextLines).toReversed()
  for (let place = found.length; place >= wanted.length; place--)
    if (wanted.every((line, index) => isSame(found[place - 1 - index], line))) return place
  return null
}

const isSame = (a: LogLine | undefined, b: LogLine) =>
  a !== undefined && a.time === b.time && a.stream === b.stream && a.text === b.text
