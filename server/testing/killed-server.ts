// A server without pages, as a process that a test can kill or end: `node killed-server.ts FOLDER ENGINE_PORT`. It prints its
// origin and a cookie when its one host is online and what runs there is known.
import type { Host } from '#lib/contracts/hosts.ts'
import { createLog } from '../log.ts'
import { endInOrder } from '../shutdown.ts'
import { administrator, cookieOf, startApp } from './app-under-test.ts'

const [folder = '', port = ''] = process.argv.slice(2)
const test = await startApp({}, folder)
endInOrder(createLog('silent'), () => test.app.close())
if (await test.app.setup.needed()) {
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: Number(port) }
  await test.call('POST', '/api/hosts', { name: 'engine', transport })
} else {
  const { email, password } = administrator
  test.cookie = cookieOf((await test.call('POST', '/api/session', { email, password })).headers)
}
for (;;) {
  const host = ((await test.call('GET', '/api/hosts')).json as Host[]).find(({ name }) => name === 'engine')
  if (host?.state === 'online' && host.syncedAt) {
    process.stdout.write(`${JSON.stringify({ origin: test.origin, cookie: test.cookie, hostId: host.id })}\n`)
    break
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
}
