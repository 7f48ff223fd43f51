import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EngineClient } from '../../engine/types.ts'
import { carryOut } from '../../tasks/change.ts'
import { inquired } from '../../tasks/inquiry.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { takenUpPush } from './pushed.ts'

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const config = digestOf('a configuration')
const type = 'application/vnd.oci.image.manifest.v1+json'
const manifest = JSON.stringify({ schemaVersion: 2, mediaType: type, config: { digest: config }, layers: [] })
const other = digestOf('another image')

const server = createServer((request, response) => {
  if (request.url !== '/v2/team/app/manifests/1') return response.writeHead(404).end('{}')
  response.writeHead(200, { 'content-type': type }).end(manifest)
})
let address = ''
let test: AppUnderTest
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  test = await startApp()
  await test.setUp()
  await test.call('POST', '/api/registries', { address, scheme: 'http' })
})
afterAll(async () => {
  await test.close()
  server.close()
})

const engine = { ping: async () => 1 } as unknown as EngineClient
const never = () => new AbortController().signal

it.each([
  ['its configuration', 'team/app:1', { id: config, digests: [] }, null],
  ['its manifest', 'team/app:1', { id: digestOf(manifest), digests: [] }, null],
  ['a digest that the engine has for it', 'team/app:1', { id: other, digests: [digestOf(manifest)] }, null],
  ['another image', 'team/app:1', { id: other, digests: [] }, 'push_not_arrived'],
  ['an image, and the engine told none', 'team/app:1', null, 'push_not_arrived'],
  ['nothing', 'team/none:1', { id: config, digests: [] }, 'step_not_done'],
  ['no answer', null, { id: config, digests: [] }, 'step_outcome_unknown'],
] as const)(
  'a push that was cut is known by its registry, which has under its name %s',
  async (_what, name, image, code) => {
    const reference = name ? `${address}/${name}` : 'localhost:1/app:1'
    const taken = takenUpPush({ reference, image }, test.app.registries)
    // Once is enough here.
    const finish = taken.change.finish.map((step) => ({ ...step, patienceMs: 0 }))
    const host = { engine: () => engine, untilOnline: async () => engine, suspect() {}, name: () => 'edge' }
    const around = { host, signal: never(), leave: never(), giveUp: never(), write: async () => {}, say() {} }
    const told = carryOut({ ...taken.change, finish }, structuredClone(inquired), around).then(taken.result)
    if (code) await expect(told).rejects.toMatchObject({ code })
    else expect(await told).toEqual({ digest: digestOf(manifest) })
  },
)
