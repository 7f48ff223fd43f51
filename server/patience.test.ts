import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { sendForJson } from './engine/request.ts'
import { waitPatiently } from './patience.ts'
import { dialTcp } from './transport/dial.ts'
import { openTransport } from './transport/index.ts'

/** As a large list that is parsed, or a machine without a free CPU: after what was read, so that timers come next. */
async function standStill(milliseconds: number) {
  await new Promise(setImmediate)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Answers `{}` after `delayMs`, in a thread of its own: it goes on while this one stands still. */
async function startEngine(delayMs: number) {
  const worker = new Worker(
    `const { createServer } = require('node:http')
     const { parentPort, workerData } = require('node:worker_threads')
     const server = createServer((request, response) => setTimeout(() => response.end('{}'), workerData))
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
    { eval: true, workerData: delayMs },
  )
  ends.push(() => worker.terminate())
  return new Promise<number>((resolve) => worker.once('message', resolve))
}
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function ask(port: number, timeoutMs: number) {
  const transport = openTransport({ kind: 'tcp', host: '127.0.0.1', port })
  ends.push(() => transport.close())
  return sendForJson(transport, { method: 'GET', path: '/', timeoutMs })
}

it('an answer that came while this process stood still is an answer', async () => {
  const port = await startEngine(200)
  const asked = ask(port, 400)
  await sleep(100)
  await standStill(600)
  await expect(asked).resolves.toMatchObject({ status: 200 })
})

it('silence is silence, and takes no longer than was said when nothing else is done', async () => {
  const port = await startEngine(60_000)
  const began = performance.now()
  await expect(ask(port, 1000)).rejects.toMatchObject({ code: 'host_unresponsive' })
  expect(performance.now() - began).toBeGreaterThan(990)
})

it('a connection that was accepted meanwhile is one', async () => {
  const port = await startEngine(0)
  const dialled = dialTcp('127.0.0.1', port)
  await standStill(3500)
  ;(await dialled).destroy()
})

it('waits at most as long again, however busy it was', async () => {
  let expired = false
  waitPatiently(100, () => {
    expired = true
  })
  await standStill(2000)
  await expect.poll(() => expired, { timeout: 400, interval: 10 }).toBe(true)
})

it('calls nothing once it was called off, before or after the first wait', async () => {
  const calls: string[] = []
  waitPatiently(50, () => calls.push('before'))()
  const callOff = waitPatiently(50, () => calls.push('after'))
  await standStill(100)
  callOff()
  await sleep(300)
  expect(calls).toEqual([])
})
