import type { Log } from './log.ts'

/** Milliseconds until the process ends in any case. */
const deadlineMs = 10_000
/** Milliseconds that the parts may take together, and what each has in any case when those are over. */
const together = 6000
const atLeast = 250
/** Milliseconds for the last lines of the log to be taken. */
const lastWordsMs = 200

/**
 * Closes one part after the other. One that hangs or fails keeps none of the later ones from being closed. Throws at the
 * end when there was such a one.
 */
export async function closeInOrder(
  steps: readonly (readonly [part: string, close: () => unknown])[],
  log: Log,
): Promise<void> {
  const until = performance.now() + together
  const open: string[] = []
  for (const [part, close] of steps) {
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise((_resolve, reject) => {
        const left = Math.max(atLeast, until - performance.now())
        timer = setTimeout(() => reject(new Error('Not in time')), left)
      })
      await Promise.race([close(), late])
    } catch (error) {
      open.push(part)
      log.error({ err: error, part }, 'not closed')
    } finally {
      clearTimeout(timer)
    }
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`)
}

/**
 * Ends the process in order: on SIGTERM and SIGINT, and after a fault that nobody caught, since nobody knows what such a
 * one has left half done. Next's own handlers would go on as if nothing had been. A second signal ends at once.
 */
export function endInOrder(log: Log, close: () => Promise<void>): void {
  let code: number | null = null
  const exit = () => {
    const end = () => process.exit(code ?? 1)
    // Whoever reads our output may have stopped to do so.
    setTimeout(end, lastWordsMs)
    process.stdout.write('', end)
  }
  const begin = (with_: number) => {
    code = with_
    setTimeout(() => process.exit(1), deadlineMs).unref()
    close().then(exit, (error) => {
      log.error({ err: error }, 'shutdown failed')
      code = 1
      exit()
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (code !== null) process.exit(1)
      log.info({ signal }, 'shutting down')
      begin(0)
    })
  }
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(fault, (error: unknown) => {
      log.fatal({ err: error, fault }, 'a fault that nobody caught: shutting down')
      if (code === null) begin(1)
      code = 1
    })
  }
}
