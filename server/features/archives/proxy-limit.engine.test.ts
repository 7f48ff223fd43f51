import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { Upload } from 'tus-js-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { largestPart, retriesUpload, uploadFailure } from '#components/archives/upload-parts.ts'
import { freePort } from '#e2e/lab/free-port.ts'
import { startNginx } from '#e2e/lab/nginx.ts'
import { until } from '#e2e/lab/run.ts'
import type { ArchiveLibraryView } from '#lib/contracts/archives.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { layoutOf, makeImage, tarOf } from '../../testing/archive-maker.ts'

/** Of an nginx nobody has set anything in, and of some that somebody has. */
const limits = { '1m': 'mends', '100k': 'mends', '1k': 'told' } as const
type Limit = keyof typeof limits
/** Each upload has content of its own. */
const archiveBytes = () => {
  const image = makeImage(['none'], { payload: randomBytes(2_500_000) })
  const annotations = { 'io.containerd.image.name': 'registry.example/app:1' }
  return tarOf(layoutOf([{ image, annotations }]))
}
const ports = new Map<Limit, number>()
let test: AppUnderTest
let nginx: ChildProcess
let cutting: Server

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const server = async (limit: Limit) => {
    const port = await freePort()
    ports.set(limit, port)
    // Kept in memory: nginx's worker is another user, who may not write to this folder.
    const location = `client_body_buffer_size 1m; proxy_pass ${test.origin}; proxy_set_header Host $http_host;`
    return `server { listen 127.0.0.1:${port}; client_max_body_size ${limit}; location / { ${location} } }`
  }
  const servers: string[] = []
  for (const limit of Object.keys(limits) as Limit[]) servers.push(await server(limit))
  nginx = await startNginx(join(test.dataFolder, 'nginx'), servers.join('\n'))
  for (const port of ports.values())
    await until(
      'nginx to answer',
      () =>
        fetch(`http://127.0.0.1:${port}/api/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      10_000,
    )
  // Ends the connection of what is more than a mebibyte, without a word.
  cutting = createServer((incoming, answer) => {
    if (Number(incoming.headers['content-length']) > 1024 * 1024) return void incoming.socket.destroy()
    const { method, headers, url } = incoming
    const onward = request(new URL(url ?? '', test.origin), { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 0, answered.headers)
      answered.pipe(answer)
    })
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(cutting, 'listening')
})
afterAll(async () => {
  cutting.close()
  const over = once(nginx, 'exit')
  nginx.kill()
  await over
  await test.close()
})

/** As the page does it, without its waiting. Resolves with the code of the failure, and with the parts it ended with. */
function send(port: number) {
  const origin = `http://127.0.0.1:${port}`
  return new Promise<{ code: string | null; part: number | undefined }>((resolve) => {
    const end = (code: string | null) => resolve({ code, part: upload.options.chunkSize })
    const upload = new Upload(archiveBytes(), {
      endpoint: `${origin}/api/archives/uploads`,
      headers: { cookie: test.cookie, origin },
      metadata: { filename: `by-${port}.tar`, fingerprint: `by-${port}` },
      chunkSize: largestPart,
      retryDelays: Array.from({ length: 7 }, () => 0),
      onShouldRetry: retriesUpload,
      onError: (error) => end(uploadFailure(error).error.code),
      onSuccess: () => end(null),
    })
    upload.start()
  })
}
const stateOf = async (port: number) => {
  const { archives } = (await test.call('GET', '/api/archives')).json as ArchiveLibraryView
  return archives.find(({ name }) => name === `by-${port}.tar`)?.state
}

it.each(Object.entries(limits))('an upload behind an nginx that takes %s at once: %s', async (limit, end) => {
  const port = ports.get(limit as Limit) as number
  const { code, part } = await send(port)
  if (end === 'told') {
    expect([code, await stateOf(port)]).toEqual(['proxy_body_limit', 'uploading'])
    return
  }
  // The largest parts that go through, of those that were tried.
  expect([code, part]).toEqual([null, limit === '1m' ? 512 * 1024 : 32 * 1024])
  await expect.poll(() => stateOf(port)).toBe('ready')
})

it('an upload behind a proxy that ends the connection of a large request instead: smaller parts, not below a mebibyte', async () => {
  const { port } = cutting.address() as AddressInfo
  expect(await send(port)).toEqual({ code: null, part: 1024 * 1024 })
  await expect.poll(() => stateOf(port)).toBe('ready')
})

it('a network that is down makes the parts no smaller than that, and is told as one', async () => {
  const silent = createNetServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  expect(await send(port)).toEqual({ code: 'server_unreachable', part: 1024 * 1024 })
  silent.close()
})
