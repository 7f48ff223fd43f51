import { once } from 'node:events'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { MadeToken } from '#lib/contracts/account.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

it('what was asked is not done when its body comes after the rights have ended', async () => {
  const { email, password } = administrator
  const other = cookieOf(
    (await test.call('POST', '/api/session', { email, password }, { cookie: '' })).headers,
  )
  const body = JSON.stringify({
    name: 'late',
    transport: { kind: 'tcp', host: '127.0.0.1', port: 9 },
  })
  const asked = request(`${test.origin}/api/hosts`, {
    method: 'POST',
    headers: {
      cookie: other,
      origin: test.origin,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  })
  asked.on('error', () => {})
  const answered = once(asked, 'response').then(
    ([{ statusCode }]) => statusCode as number,
    () => 'cut',
  )
  asked.write(body.slice(0, 10))
  // That it has been let in, and waits for the rest.
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await test.call('DELETE', '/api/session', undefined, { cookie: other })).status).toBeLessThan(300)
  asked.end(body.slice(10))
  expect([401, 'cut']).toContain(await answered)
  expect((await test.call('GET', '/api/hosts')).json).toEqual([])
  // A control: what is sent while the rights last is done.
  expect((await test.call('POST', '/api/hosts', JSON.parse(body))).status).toBeLessThan(300)
  expect((await test.call('GET', '/api/hosts')).json).toHaveLength(1)
})

it.each(['/api/live', '/api/logs/live', '/api/terminal'])(
  'an API token opens no socket: %s',
  async (path) => {
    const made = await test.call('POST', '/api/account/tokens', {
      name: `for ${path}`,
      permissions: ['hosts.view', 'containers.view', 'containers.logs'],
      hours: 1,
    })
    const { token } = made.json as MadeToken
    const open = async (headers: Record<string, string>) => {
      const socket = new WebSocket(`${test.origin.replace('http', 'ws')}${path}?hostId=h1&containerId=c1`, {
        headers: { origin: test.origin, ...headers },
      })
      const status = await Promise.race([
        once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode as number),
        once(socket, 'open').then(() => 101),
      ])
      socket.on('error', () => {})
      socket.terminate()
      return status
    }
    expect(await open({ authorization: `Bearer ${token}` })).toBe(403)
  },
)
