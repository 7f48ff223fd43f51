// A server without pages, as a process that a test can kill: `node killed-server.ts FOLDER ENGINE_PORT`. It prints its origin
// and a cookie when its one host is online and its one container is known.
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { administrator, cookieOf, startApp } from './app-under-test.ts'

const [folder = '', port = ''] = process.argv.slice(2)
const test = await startApp({}, folder)
if (await test.app.setup.needed()) {
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: Number(port) }
  await test.call('POST', '/api/hosts', { name: 'engine', transport })
} else {
  const { email, password } = administrator
  test.cookie = cookieOf((await test.call('POST', '/api/session', { email, password })).headers)
}
for (;;) {
  const [host] = (await test.call('GET', '/api/hosts')).json as Host[]
  if (host?.state === 'online') {
    const container = { hostId: host.id, id: 'a'.repeat(64), name: 'web-1', state: 'running', labels: {} }
    test.app.live.fleet.put('containers', container as unknown as Container)
    process.stdout.write(`${JSON.stringify({ origin: test.origin, cookie: test.cookie, hostId: host.id })}\n`)
    break
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
}
