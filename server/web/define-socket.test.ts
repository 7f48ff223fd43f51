import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

/** With which code each of our sockets answers a message. */
async function codesAfter(message: string | Buffer, paths: readonly string[]) {
  const query = `hostId=h000000000000&containerId=${'a'.repeat(64)}`
  const codes = paths.map(async (path) => {
    const address = `${test.origin.replace('http', 'ws')}${path}${path === '/api/terminal' ? `?${query}` : ''}`
    const socket = new WebSocket(address, { headers: { cookie: test.cookie, origin: test.origin } })
    const code = new Promise<number>((resolve) => socket.once('close', resolve))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.send(message)
    return [path, await code] as const
  })
  return Object.fromEntries(await Promise.all(codes))
}

const pathsOf = () => test.app.sockets.map(({ path }) => path)
const each = (paths: readonly string[]) =>
  Object.fromEntries(paths.map((path) => [path, closeCodes.notUnderstood]))

it('every socket closes on a message that is no frame of it', async () => {
  const wrong = ['', 'nonsense', 'null', '[]', '{}', '{"type":"nothing"}', '{"type":5}', '"open"']
  const found = await Promise.all(wrong.map((message) => codesAfter(message, pathsOf())))
  expect(found).toEqual(wrong.map(() => each(pathsOf())))
})

it('every socket but a terminal closes on bytes', async () => {
  const paths = pathsOf().filter((path) => path !== '/api/terminal')
  expect(await codesAfter(Buffer.from('{"type":"hello"}'), paths)).toEqual(each(paths))
})
