import { afterAll, beforeAll, expect } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { itAt } from '../testing/it-at.ts'
import { connectPatiently, labSpec } from '../testing/lab-transport.ts'
import { pairOf } from '../testing/whole-tables.ts'
import { openTransport } from '../transport/index.ts'
import { createEngineClient } from './client.ts'
import type { EngineEvent } from './types.ts'

function open(name: EngineName) {
  const prefix = `states-${crypto.randomUUID().slice(0, 8)}`
  const { localSocketPath, kind } = labEngine(name)
  const transport = openTransport(labSpec(labEngine(name)))
  const client = createEngineClient(transport)
  const made: string[] = []
  return {
    name,
    prefix,
    localSocketPath,
    kind,
    transport,
    client,
    made,
    async create(suffix: string, script: string | null, body: object = {}): Promise<string> {
      const path = `/v1.41/containers/create?name=${prefix}-${suffix}`
      const Cmd = script === null ? ['/nowhere'] : ['/bin/sh', '-c', script]
      const content = { Image: labImages.busybox, Cmd, ...body }
      const { Id } = await engineCall<{ Id: string }>(localSocketPath, 'POST', path, content)
      made.push(Id)
      return Id
    },
    start: (id: string) => engineRequest(localSocketPath, 'POST', `/v1.41/containers/${id}/start`),
    listed: async (id: string) => (await client.containers.list()).find((each) => each.id === id),
  }
}
const engines = pairOf<EngineName>(
  ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'],
  'older Podman',
).map(open)
const dockers = engines.filter(({ kind }) => kind === 'docker')
const podmans = engines.filter(({ kind }) => kind === 'podman')

beforeAll(async () => {
  await Promise.all(engines.map(({ client }) => connectPatiently(client)))
})
afterAll(async () => {
  await Promise.all(
    engines.map(async ({ name, transport, made }) => {
      for (const id of made) await removeContainer(name, id)
      await transport.close()
    }),
  )
})

itAt(engines)(
  'is waited for, and its exit code known, also when the engine removes it at its end',
  async ({ client, create, start }) => {
    const { signal } = new AbortController()
    const job = await create('job', 'sleep 1; exit 5', { HostConfig: { AutoRemove: true } })
    const waited = start(job).then(() => client.containers.wait(job, signal))
    const other = await create('end', 'exit 7')
    expect(await client.containers.wait(other, signal)).toBe(0)
    await start(other)
    expect(await client.containers.wait(other, signal)).toBe(7)
    expect(await waited).toBe(5)
  },
)

itAt(engines)(
  'is told by list and inspect alike why its start failed',
  async ({ name, client, create, start, listed }) => {
    const id = await create('bad', null)
    expect((await start(id)).status).toBeGreaterThanOrEqual(400)
    expect(await listed(id)).toMatchObject({ state: 'created', exitCode: null, error: null })
    // Podman 4 keeps it nowhere.
    const error = name === 'podman-unix' ? null : expect.stringContaining('/nowhere')
    expect(await client.containers.read(id)).toMatchObject({ state: 'created', exitCode: null, error })
  },
)

itAt(dockers)(
  'has its exit code while it is restarted, and no health when it has ended',
  async ({ client, create, start, listed }) => {
    const crashing = await create('crash', 'exit 5', { HostConfig: { RestartPolicy: { Name: 'always' } } })
    await start(crashing)
    const Healthcheck = { Test: ['CMD', 'true'], Interval: 1e9 }
    const healthy = await create('healthy', 'trap "exit 0" TERM; sleep 100 & wait', { Healthcheck })
    await start(healthy)
    await expect.poll(() => listed(crashing)).toMatchObject({ state: 'restarting', exitCode: 5 })
    await expect
      .poll(() => client.containers.read(crashing))
      .toMatchObject({ state: 'restarting', exitCode: 5, health: 'none' })
    await expect.poll(async () => (await listed(healthy))?.health).toBe('healthy')
    await client.containers.stop(healthy, {})
    const document = await client.containers.inspect(healthy)
    expect(document).toMatchObject({ State: { Health: { Status: expect.any(String) } } })
    for (const row of [await listed(healthy), await client.containers.read(healthy)])
      expect(row).toMatchObject({ state: 'exited', health: 'none' })
  },
)

itAt(podmans)(
  'runs while it is being stopped, and may be killed meanwhile',
  async ({ client, create, start, listed }) => {
    const id = await create('stop', 'trap : TERM; while :; do sleep 1; done', { StopTimeout: 60 })
    await start(id)
    const stopped = client.containers.stop(id, {})
    const word = async () => (await client.containers.inspectLibpod(id)).State as { Status: string }
    await expect.poll(async () => (await word()).Status).toBe('stopping')
    expect(await listed(id)).toMatchObject({ state: 'running', exitCode: null })
    expect(await client.containers.read(id)).toMatchObject({ state: 'running', exitCode: null })
    await client.containers.kill(id, 'SIGKILL')
    await stopped
    expect(await client.containers.read(id)).toMatchObject({ state: 'exited', exitCode: 137 })
  },
)

itAt(engines)(
  'is named by the events of its networks',
  async ({ name, prefix, localSocketPath, client, create, start }) => {
    const network = `${prefix}-net`
    const create1 = { Name: network, CheckDuplicate: true }
    await engineCall(localSocketPath, 'POST', '/v1.41/networks/create', { ...create1, Name: `${network}-1` })
    await engineCall(localSocketPath, 'POST', '/v1.41/networks/create', create1)
    const id = await create('net', 'sleep 100', { HostConfig: { NetworkMode: `${network}-1` } })
    await start(id)
    const stop = new AbortController()
    const seen: EngineEvent[] = []
    const events = await client.events({ signal: stop.signal })
    const reading = (async () => {
      for await (const event of events) if (event.attributes.container === id) seen.push(event)
    })().catch(() => {})
    for (const verb of ['connect', 'disconnect'])
      await engineRequest(localSocketPath, 'POST', `/v1.41/networks/${network}/${verb}`, { Container: id })
    await expect
      .poll(() => seen.map(({ type, action }) => `${type} ${action}`))
      .toEqual(expect.arrayContaining(['network connect', 'network disconnect']))
    stop.abort()
    await reading
    await removeContainer(name, id)
    for (const each of [network, `${network}-1`])
      await engineRequest(localSocketPath, 'DELETE', `/v1.41/networks/${each}`)
  },
)
