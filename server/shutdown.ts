import type { App } from './app.ts'
import type { Log } from './log.ts'

const deadlineMs = 10_000

/** Closes on SIGTERM and SIGINT within ten seconds; a second signal ends at once. */
export function closeOnSignal(app: App, log: Log): void {
  let closing = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) process.exit(1)
      closing = true
      log.info({ signal }, 'shutting down')
      setTimeout(() => process.exit(1), deadlineMs).unref()
      app.close().then(
        () => process.exit(0),
        (error) => {
          log.error({ err: error }, 'shutdown failed')
          process.exit(1)
        },
      )
    })
  }
}
