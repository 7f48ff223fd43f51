// A server without pages as a process of its own, for its end: `node ending-server.ts FOLDER [throw|reject|talk]`. It prints
// its origin and a cookie, and then does what the second argument says.
import { createLog } from '../log.ts'
import { endInOrder } from '../shutdown.ts'
import { startApp } from './app-under-test.ts'

const [folder = '', fault = ''] = process.argv.slice(2)
const log = createLog('info')
const test = await startApp({}, folder)
endInOrder(log, async () => {
  await test.app.close()
  log.info('closed in order')
})
// As Next does: one that would let the process live on.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, () => {})
await test.setUp()
process.stdout.write(`${JSON.stringify({ origin: test.origin, cookie: test.cookie })}\n`)
const broken = () => {
  throw new Error('A fault that nobody caught')
}
if (fault === 'throw') setTimeout(broken)
if (fault === 'reject') setTimeout(async () => broken())
if (fault === 'talk') for (let line = 0; line < 10_000; line++) log.info('x'.repeat(500))
