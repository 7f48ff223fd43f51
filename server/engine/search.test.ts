import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTransport } from '../transport/index.ts'
import { createEngineClient } from './client.ts'

/** As Docker Hub's search came through Docker's API (docs.docker.com/reference/api/engine, "Search images"). */
const recorded = [
  { name: 'busybox', description: 'Busybox \u001b[31mbase image.', star_count: 3000, is_official: true },
  { name: 'team/busybox', description: '' },
]
let server: Server
let answer: { status: number; body: unknown } = { status: 200, body: recorded }
const asked: string[] = []
beforeAll(async () => {
  const fixed: Record<string, unknown> = {
    '/version': {
      Version: '20.10.24',
      ApiVersion: '1.41',
      MinAPIVersion: '1.12',
      Os: 'linux',
      Arch: 'amd64',
    },
    '/v1.41/info': { Name: 'small' },
  }
  server = createServer((request, response) => {
    const url = request.url ?? ''
    if (url.includes('/search')) asked.push(url)
    response.statusCode = url in fixed ? 200 : answer.status
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(fixed[url] ?? answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => server.close())

async function search() {
  const { port } = server.address() as AddressInfo
  const transport = openTransport({ kind: 'tcp', host: '127.0.0.1', port })
  try {
    const client = createEngineClient(transport)
    await client.connect()
    return await client.images.search('busy box&limit=1', { limit: 25, signal: new AbortController().signal })
  } finally {
    await transport.close()
  }
}

it('gives what the engine found, as text', async () => {
  expect(await search()).toEqual([
    { name: 'busybox', description: expect.stringContaining('base image.'), stars: 3000, isOfficial: true },
    { name: 'team/busybox', description: '', stars: 0, isOfficial: false },
  ])
  expect((await search())[0]?.description).not.toContain('\u001b')
  expect(asked[0]).toBe('/v1.41/images/search?term=busy+box%26limit%3D1&limit=25')
})

it('says in the engine’s words why it could not', async () => {
  answer = { status: 500, body: { message: 'Get "https://index.docker.io/v1/search": dial tcp: timeout' } }
  await expect(search()).rejects.toMatchObject({
    code: 'image_search_failed',
    context: { detail: expect.stringContaining('index.docker.io') },
  })
})
