import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Disk } from '#lib/contracts/disk.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Network } from '#lib/contracts/networks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { type SmallEngine, startSmallEngine } from '../../testing/small-engine.ts'

let test: AppUnderTest
let engine: SmallEngine
beforeAll(async () => {
  engine = await startSmallEngine()
  test = await startApp()
  await test.setUp()
})
afterAll(async () => {
  await test.close()
  await engine.close()
})

it('a list that fails is told with the figures of the disk, and no network is offered by what it was before', async () => {
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  const { id } = (await test.call('POST', '/api/hosts', { name: 'small', transport })).json as Host
  const failed = async () => {
    const [host] = (await test.call('GET', '/api/hosts')).json as Host[]
    return host?.syncedAt ? host.reading.failed.map(({ kind }) => kind).toSorted() : null
  }
  // It has neither.
  await expect.poll(failed).toEqual(['networks', 'volumes'])
  test.app.live.fleet.put('networks', {
    hostId: id,
    id: 'n',
    name: 'from before',
    driver: 'bridge',
    internal: false,
    createdAt: null,
    labels: {},
  } satisfies Network)
  const disk = (await test.call('GET', `/api/hosts/${id}/disk`)).json as Disk
  expect(disk.unused.networks).toEqual([])
  expect(disk.failed.map(({ kind, since, error }) => [kind, typeof since, error.code]).toSorted()).toEqual([
    ['networks', 'string', 'engine_answer_invalid'],
    ['volumes', 'string', 'engine_answer_invalid'],
  ])
})
