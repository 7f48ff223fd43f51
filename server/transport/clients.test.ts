import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'undici'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openTransport } from './index.ts'

/** Streams that the server has begun and not ended. */
const streams: ServerResponse[] = []
const server = createServer((request, response) => {
  if (request.url === '/stream') {
    response.writeHead(200).write('first')
    streams.push(response)
  } else response.end('OK')
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  vi.useRealTimers()
  server.closeAllConnections()
  server.close()
})

/** undici tells how many are connected, and of those without a socket nothing. */
function clientsOf(pool: object): number {
  const symbol = Object.getOwnPropertySymbols(pool).find(({ description }) => description === 'clients')
  return ((pool as Record<symbol, unknown[]>)[symbol as symbol] as unknown[]).length
}

it('after a peak of streams their clients go with the next request, ten minutes later, and no stream that goes on is cut', async () => {
  const transport = openTransport({
    kind: 'tcp',
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
  })
  const pool = transport.dispatchers.persons as unknown as Pool
  const ask = (path: string) => pool.request({ origin: transport.origin, method: 'GET', path })
  const open = await Promise.all(Array.from({ length: 40 }, () => ask('/stream')))
  expect(clientsOf(pool)).toBeGreaterThanOrEqual(40)
  for (const response of streams.slice(1)) response.end()
  const [lasting, ...others] = open
  for (const { body } of others) await body.text()
  expect(clientsOf(pool)).toBeGreaterThanOrEqual(40)
  vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ['Date'] })
  expect(await (await ask('/')).body.text()).toBe('OK')
  expect(clientsOf(pool)).toBeLessThanOrEqual(2)
  const rest = lasting?.body.text()
  streams[0]?.end(' and last')
  expect(await rest).toBe('first and last')
  await transport.close()
})
