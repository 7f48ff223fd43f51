import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Disk, PruneInput } from '#lib/contracts/disk.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { pairOf } from '../../testing/whole-tables.ts'

const prefix = `prune-${randomUUID().slice(0, 8)}`
const engines = pairOf<EngineName>(
  ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp'],
  'older Docker',
)
let test: AppUnderTest
const made: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(async () => {
  await test.close()
  for (const remove of made) await remove().catch(() => {})
})

describe.each(engines)('what nothing uses on %s', (engine) => {
  const socketPath = labEngine(engine).localSocketPath
  const name = `${prefix}-${engine}`
  const volume = (what: string) => `${name}-${what}`
  let hostId = ''
  const ids: Record<'stopped' | 'running' | 'holding', string> = { stopped: '', running: '', holding: '' }
  let image = ''
  let network = ''

  beforeAll(async () => {
    const added = await test.call('POST', '/api/hosts', { name: engine, transport: labTransport(engine) })
    hostId = (added.json as Host).id
    const create = async (what: keyof typeof ids, script: string, mount: string) => {
      const body = {
        Image: labImages.busybox,
        Cmd: ['/bin/sh', '-c', script],
        StopTimeout: 0,
        HostConfig: { Binds: [`${volume(mount)}:/data`] },
      }
      const path = `/v1.41/containers/create?name=${name}-${what}`
      ids[what] = (await engineCall<{ Id: string }>(socketPath, 'POST', path, body)).Id
      made.push(() => removeContainer(engine, ids[what]))
      await engineCall(socketPath, 'POST', `/v1.41/containers/${ids[what]}/start`)
    }
    for (const what of ['free', 'used', 'held']) {
      await engineCall(socketPath, 'POST', '/v1.41/volumes/create', { Name: volume(what) })
      made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/volumes/${volume(what)}?force=1`))
    }
    await create('running', 'sleep 600', 'used')
    await create('stopped', 'head -c 200000 /dev/urandom > /big', 'used')
    await create('holding', 'true', 'held')
    // An image without a name: what a build leaves behind.
    const committed = await engineCall<{ Id: string }>(
      socketPath,
      'POST',
      `/v1.41/commit?container=${ids.running}`,
      {},
    )
    image = committed.Id.startsWith('sha256:') ? committed.Id : `sha256:${committed.Id}`
    made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/images/${image}?force=1`))
    await engineCall(socketPath, 'POST', '/v1.41/networks/create', { Name: `${name}-net` })
    made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/networks/${name}-net`))
    const known = () => {
      const { fleet } = test.app.live
      network =
        fleet.all('networks').find((one) => one.hostId === hostId && one.name === `${name}-net`)?.id ?? ''
      return network !== '' && fleet.get('containers', hostId, ids.holding)?.state === 'exited'
    }
    for (const end = Date.now() + 20_000; !known() && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 100))
  })
  const disk = async () => (await test.call('GET', `/api/hosts/${hostId}/disk`)).json as Disk
  const found = (list: Disk['unused']['volumes'], id: string) => list.find((one) => one.id === id)

  it('is told, with its size and with what holds it', async () => {
    const { usage, unused } = await disk()
    expect(found(unused.containers, ids.stopped)).toMatchObject({ name: `${name}-stopped`, heldBy: [] })
    expect(found(unused.containers, ids.stopped)?.size).toBeGreaterThan(190_000)
    expect(found(unused.containers, ids.running)).toBeUndefined()
    expect(found(unused.volumes, volume('free'))).toMatchObject({ nameless: false, heldBy: [] })
    expect(found(unused.volumes, volume('used'))).toBeUndefined()
    const held = found(unused.volumes, volume('held'))
    // Podman does not say which containers use a volume: then it is not offered.
    if (engine.startsWith('docker')) expect(held).toMatchObject({ heldBy: [ids.holding] })
    else expect(held).toBeUndefined()
    expect(found(unused.images, image)).toMatchObject({ nameless: true, heldBy: [] })
    expect(found(unused.networks, network)).toMatchObject({ name: `${name}-net`, heldBy: [] })
    expect(unused.networks.some((one) => ['bridge', 'podman', 'host'].includes(one.name))).toBe(false)
    expect(usage.containers.count).toBeGreaterThan(5)
    expect(usage.images?.size).toBeGreaterThan(1_000_000)
    expect(usage.buildCache === null).toBe(engine.startsWith('podman'))
  })

  it('goes as it was shown, and what is in use stays', async () => {
    const input: PruneInput = {
      hosts: [
        {
          hostId,
          containers: [ids.stopped, ids.running],
          images: [image],
          volumes: [volume('free'), volume('used')],
          networks: [network],
        },
      ],
    }
    const { id } = (await test.call('POST', '/api/prune', input)).json as Task
    const task = async () =>
      ((await test.call('GET', '/api/tasks')).json as Task[]).find((one) => one.id === id)
    await expect.poll(async () => (await task())?.state).toBe('succeeded')
    const [step] = (await task())?.steps ?? []
    expect(step?.result).toMatchObject({ containers: 1, images: 1, volumes: 1, networks: 1, kept: 2 })
    expect(step?.result?.freed).toBeGreaterThanOrEqual(0)
    const seen = async (args: string[]) => (await witness(engine, args)).stdout
    const containers = await seen(['ps', '-aq', '--no-trunc'])
    expect(containers).toContain(ids.running)
    expect(containers).not.toContain(ids.stopped)
    const volumes = await seen(['volume', 'ls', '-q'])
    expect(volumes).toContain(volume('used'))
    expect(volumes).not.toContain(volume('free'))
    expect(await seen(['images', '-aq', '--no-trunc'])).not.toContain(image)
    expect(await seen(['network', 'ls'])).not.toContain(`${name}-net`)
  })
})

it('is not started with nothing', async () => {
  const [host] = (await test.call('GET', '/api/hosts')).json as Host[]
  const answer = await test.call('POST', '/api/prune', { hosts: [{ hostId: host?.id }] })
  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'task_empty' } } })
})
