import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { receiveBody } from './upload-body.ts'

let server: Server
afterEach(() => server.close())
async function listening(receive: (body: AsyncIterable<Uint8Array>) => Promise<string>): Promise<number> {
  server = createServer((message, response) => {
    receiveBody(message, receive).then(
      (text) => response.end(text),
      (error: Error) => response.writeHead(409).end(error.message),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as { port: number }).port
}

it('is whole where it is read to its end', async () => {
  const port = await listening(async (body) => {
    let length = 0
    for await (const chunk of body) length += chunk.length
    return String(length)
  })
  const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'PUT', body: new Uint8Array(3_000_000) })
  expect(await answer.text()).toBe('3000000')
})

it.each<[string, (body: AsyncIterable<Uint8Array>) => Promise<string>]>([
  ['before it is read', async () => Promise.reject(new Error('refused'))],
  [
    'in the middle',
    async (body) => {
      for await (const _ of body) throw new Error('refused')
      return ''
    },
  ],
])('is answered %s, and the connection is good for more', async (_, receive) => {
  const port = await listening(receive)
  // More than socket buffers hold: who sends all before reading, as browsers do, must be let to.
  const socket = connect(port, '127.0.0.1')
  const size = 30_000_000
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write(`PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`)
  socket.write(Buffer.alloc(1000))
  await expect.poll(() => text).toContain('refused')
  await new Promise((resolve) => socket.write(Buffer.alloc(size - 1000), resolve))
  socket.write('PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx')
  await expect.poll(() => text.split('refused').length).toBe(3)
  socket.destroy()
})

it('is answered whole where the connection is not kept, before its client has sent everything', async () => {
  const port = await listening(async () => Promise.reject(new Error('refused')))
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const size = 20_000_000
  socket.write(`PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${size}\r\n\r\n`)
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).write(Buffer.alloc(size), () => resolve())
  })
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text).toMatch(/^HTTP\/1.1 409 .*refused/s)
})

it('fails its reader when the client goes in the middle', async () => {
  const failed = Promise.withResolvers<unknown>()
  const port = await listening(async (body) => {
    try {
      for await (const _ of body);
    } catch (error) {
      failed.resolve(error)
    }
    return ''
  })
  const call = request({ port, method: 'PUT', headers: { 'content-length': 100 } })
  call.on('error', () => {})
  call.write('x', () => setTimeout(() => call.destroy(), 50))
  expect(await failed.promise).toBeInstanceOf(Error)
})
