import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import { containerSchema } from '#lib/contracts/containers.ts'
import { engineInfoSchema } from '#lib/contracts/hosts.ts'
import { imageHistorySchema, imageSchema } from '#lib/contracts/images.ts'
import { networkSchema } from '#lib/contracts/networks.ts'
import { volumeSchema } from '#lib/contracts/volumes.ts'
import { itAt } from '../testing/it-at.ts'
import { connectPatiently, labSpec } from '../testing/lab-transport.ts'
import { sampledEngines } from '../testing/whole-tables.ts'
import { openTransport } from '../transport/index.ts'
import { createEngineClient } from './client.ts'
import type { EngineEvent } from './types.ts'

const untilStopped = ['/bin/sh', '-c', "trap 'exit 0' TERM; while :; do sleep 1; done"]

function open(name: EngineName) {
  const prefix = `client-test-${name}`
  const engine = labEngine(name)
  const transport = openTransport(labSpec(engine))
  const client = createEngineClient(transport)
  return {
    name,
    prefix,
    engine,
    transport,
    client,
    async create(suffix: string, body: object = {}): Promise<string> {
      const path = `/v1.41/containers/create?name=${prefix}-${suffix}`
      const content = { Image: labImages.busybox, Cmd: untilStopped, ...body }
      return (await engineCall<{ Id: string }>(engine.localSocketPath, 'POST', path, content)).Id
    },
    stateOf: async (id: string) => (await client.containers.read(id))?.state,
  }
}
const engines = sampledEngines.map(open)
const itAtEach = itAt(engines)
beforeAll(async () => {
  await Promise.all(engines.map(({ client }) => connectPatiently(client)))
})
afterAll(async () => {
  await Promise.all(
    engines.map(async ({ client, prefix, transport }) => {
      for (const container of await client.containers.list())
        if (container.name.startsWith(prefix))
          await client.containers.remove(container.id, { force: true, volumes: true })
      await transport.close()
    }),
  )
})

const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error) => error.code ?? error,
  )

itAtEach('says what it is', async ({ engine, client }) => {
  const info = engineInfoSchema.parse(client.info)
  expect(info).toMatchObject({ flavour: engine.kind, apiVersion: engine.apiVersion, os: 'linux' })
  expect(engine.version.startsWith(info.version)).toBe(true)
  expect(info.cpus).toBeGreaterThan(0)
  expect(info.memoryBytes).toBeGreaterThan(0)
  expect(await client.ping()).toBeGreaterThan(0)
})

itAtEach(
  'lists its containers as the contract says, and inspect agrees with every word of the list',
  async ({ prefix, engine, client, create }) => {
    // What the list leaves open ports and networks of a stopped container, too.
    await create('ports', {
      Image: labImages.web1,
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8099' }] } },
    })
    const list = await client.containers.list()
    expect(list.map((container) => container.name)).toEqual(expect.arrayContaining(engine.containers))
    for (const row of list.filter((container) =>
      [...engine.containers, `${prefix}-ports`].includes(container.name),
    )) {
      containerSchema.parse({ ...row, hostId: 'h000000000000' })
      const one = await client.containers.read(row.id)
      const known = Object.entries(row).filter(([, value]) => value !== null)
      expect(one).toMatchObject(Object.fromEntries(known))
    }
  },
)

itAtEach('knows what its containers do', async ({ client }) => {
  // Docker makes its first health check one interval (10 s) after the start, and the lab may be younger.
  const sickness = async () =>
    (await client.containers.list()).find((container) => container.name === 'sick')?.health
  await expect.poll(sickness, { interval: 500 }).toBe('unhealthy')
  const list = await client.containers.list()
  const named = (wanted: string) => list.find((container) => container.name === wanted)
  expect(named('sick')).toMatchObject({ state: 'running', health: 'unhealthy' })
  expect(named('failed')).toMatchObject({ state: 'exited', exitCode: 3, health: 'none' })
  expect(named('web')?.ports).toContainEqual({
    ip: '0.0.0.0',
    hostPort: 8088,
    containerPort: 80,
    protocol: 'tcp',
  })
  expect(named('shop-api-1')).toMatchObject({ stack: 'shop', service: 'api', image: labImages.web2 })
  expect(await client.containers.read(named('sick')?.id as string)).toMatchObject({ restartCount: 0 })
})

itAtEach(
  'starts, pauses, stops, restarts, kills, renames and removes',
  async ({ name, prefix, client, create, stateOf }) => {
    const id = await create('life')
    expect(await stateOf(id)).toBe('created')
    expect(await client.containers.start(id)).toBe('done')
    expect(await client.containers.start(id)).toBe('already')
    expect(await client.containers.read(id)).toMatchObject({ state: 'running', exitCode: null })
    expect(await client.containers.pause(id)).toBe('done')
    expect(await stateOf(id)).toBe('paused')
    expect(await client.containers.unpause(id)).toBe('done')
    expect(await client.containers.stop(id, { graceSeconds: 5 })).toBe('done')
    expect(await client.containers.stop(id, { graceSeconds: 5 })).toBe('already')
    expect(await client.containers.read(id)).toMatchObject({ state: 'exited', exitCode: 0 })
    expect(await client.containers.restart(id, { graceSeconds: 1 })).toBe('done')
    expect(await client.containers.kill(id, 'SIGKILL')).toBe('done')
    await expect.poll(async () => (await client.containers.read(id))?.exitCode).toBe(137)
    expect(await client.containers.rename(id, `${prefix}-renamed`)).toBe('done')
    expect((await client.containers.read(id))?.name).toBe(`${prefix}-renamed`)
    expect(await client.containers.remove(id, { force: false, volumes: false })).toBe('done')
    expect(await client.containers.remove(id, { force: false, volumes: false })).toBe('already')
    expect(await client.containers.read(id)).toBeNull()
    const witnessed = await witness(name, ['ps', '-a', '--format', '{{.Names}}'])
    expect(witnessed.stdout).not.toContain(`${prefix}-renamed`)
  },
)

itAtEach('tells why it refuses', async ({ prefix, client, create }) => {
  const id = await create('refuses')
  await create('other')
  const remove = { force: false, volumes: false }
  expect(await code(client.containers.kill(id, 'SIGTERM'))).toBe('container_not_running')
  expect(await code(client.containers.pause(id))).toBe('container_not_running')
  expect(await code(client.containers.rename(id, `${prefix}-other`))).toBe('container_name_taken')
  await client.containers.start(id)
  expect(await code(client.containers.unpause(id))).toBe('container_not_paused')
  expect(await code(client.containers.remove(id, remove))).toBe('container_running')
  await client.containers.pause(id)
  expect(await code(client.containers.pause(id))).toBe('container_paused')
  expect(await code(client.containers.start(id))).toBe('container_paused')
  expect(await code(client.containers.remove(id, remove))).toBe('container_paused')
  expect(await client.containers.remove(id, { force: true, volumes: false })).toBe('done')
  const gone = '0'.repeat(64)
  expect(await code(client.containers.start(gone))).toBe('container_not_found')
  expect(await code(client.containers.inspect(gone))).toBe('container_not_found')
  expect(await client.containers.read(gone)).toBeNull()
})

itAtEach('removes the anonymous volumes of a container when asked', async ({ client, create }) => {
  const id = await create('volume', { Volumes: { '/data': {} } })
  const inspect = await client.containers.inspect(id)
  const volume = (inspect.Mounts as { Name: string }[])[0]?.Name as string
  const volumes = async () =>
    (await client.volumes.list()).map((row) => volumeSchema.parse({ ...row, hostId: 'h000000000000' }).id)
  expect(await volumes()).toContain(volume)
  await client.containers.remove(id, { force: false, volumes: true })
  expect(await volumes()).not.toContain(volume)
})

itAtEach(
  'tells of what others do, from the moment the stream is there',
  async ({ name, prefix, client, create }) => {
    const id = await create('events')
    const stop = new AbortController()
    const seen: EngineEvent[] = []
    const events = await client.events({ signal: stop.signal })
    const reading = (async () => {
      for await (const event of events) if (event.id === id) seen.push(event)
    })().catch((error) => error)
    const named = `${prefix}-events`
    for (const command of [
      ['start', named],
      ['pause', named],
      ['unpause', named],
      ['kill', named],
      ['rename', named, `${named}-2`],
      ['rm', '-f', `${named}-2`],
    ]) {
      await witness(name, command)
    }
    const actions = () => seen.map((event) => event.action)
    await expect.poll(actions).toContain('destroy')
    expect(
      actions().filter((action) =>
        ['start', 'pause', 'unpause', 'die', 'rename', 'destroy'].includes(action),
      ),
    ).toEqual(['start', 'pause', 'unpause', 'die', 'rename', 'destroy'])
    const times = seen.map((event) => event.timeNano)
    expect(times.every((time, index) => index === 0 || time >= (times[index - 1] as bigint))).toBe(true)
    expect(Math.abs(Number(times[0] as bigint) / 1e6 - Date.now())).toBeLessThan(60_000)
    stop.abort()
    expect((await reading).name).toBe('AbortError')

    // The same again from the past: since is inclusive.
    const again = new AbortController()
    const past: EngineEvent[] = []
    for await (const event of await client.events({ sinceNano: times[0] as bigint, signal: again.signal })) {
      if (event.id === id) past.push(event)
      if (event.id === id && event.action === 'destroy') break
    }
    again.abort()
    expect(past.map((event) => event.action)).toEqual(expect.arrayContaining(['start', 'die', 'destroy']))
  },
)

itAtEach('lists images, and inspects one with its history', async ({ client }) => {
  const images = await client.images.list()
  for (const image of images) imageSchema.parse({ ...image, hostId: 'h000000000000' })
  const web = images.find((image) => image.tags.includes(labImages.web2))
  expect(web?.tags).toContain('lab.internal/web:latest')
  expect(web?.createdAt).toBe('2026-01-15T09:30:00Z')
  expect(web?.size).toBeGreaterThan(100_000)
  const inspect = await client.images.inspect(web?.id as string)
  expect(String(inspect.Id).replace('sha256:', '')).toBe(web?.id.replace('sha256:', ''))
  expect(await client.images.inspect(labImages.web2)).toMatchObject({ Id: inspect.Id })
  const history = imageHistorySchema.parse(await client.images.history(web?.id as string))
  expect(history.length).toBeGreaterThan(0)
  const used = (await client.containers.list()).find((container) => container.name === 'web')
  expect(images.map((image) => image.id)).toContain(used?.imageId)
})

itAtEach('tags, untags and removes images, and tells why not', async ({ prefix, client }) => {
  const busybox = (await client.images.list()).find((image) => image.tags.includes(labImages.busybox))
  const id = busybox?.id as string
  const repository = `lab.internal/${prefix}`
  const keep = { force: false, noprune: false }
  await client.images.tag(id, { repository, tag: '1' })
  expect((await client.images.list()).find((image) => image.id === id)?.tags).toContain(`${repository}:1`)
  const removed = await client.images.remove(`${repository}:1`, keep)
  expect(removed).toEqual({ untagged: [`${repository}:1`], deleted: [] })
  expect(await code(client.images.remove(`${repository}:1`, keep))).toBe('image_not_found')
  expect(await code(client.images.inspect(`${repository}:1`))).toBe('image_not_found')
  expect(await code(client.images.remove(labImages.busybox, keep))).toBe('image_in_use')
  expect(await code(client.images.tag(id, { repository, tag: 'not valid' }))).toBe('reference_invalid')
})

itAtEach('lets no reference lead to another endpoint', async ({ client }) => {
  for (const reference of ['..', '../containers', 'a/../../containers/x', '/', '', 'a//b', '.']) {
    expect(await code(client.images.remove(reference, { force: true, noprune: false }))).toBe(
      'reference_invalid',
    )
    expect(await code(client.images.inspect(reference))).toBe('reference_invalid')
  }
  expect(await code(client.images.inspect('a?all=true#b'))).toMatch(
    /^(image_not_found|reference_invalid|engine_error)$/,
  )
})

itAtEach('lists networks and pods', async ({ prefix, engine, client }) => {
  const networks = await client.networks.list()
  for (const network of networks) networkSchema.parse({ ...network, hostId: 'h000000000000' })
  expect(networks.map((network) => network.driver)).toContain('bridge')
  const used = (await client.containers.list()).flatMap((container) => container.networks)
  expect(networks.map((network) => network.name)).toEqual(expect.arrayContaining(used))
  if (engine.kind === 'docker') {
    expect(await client.pods.list()).toEqual([])
    return
  }
  const path = '/v4.0.0/libpod/pods'
  await engineCall(engine.localSocketPath, 'POST', `${path}/create`, {
    name: `${prefix}-pod`,
    no_infra: true,
  })
  const pod = (await client.pods.list()).find((candidate) => candidate.name === `${prefix}-pod`)
  await engineRequest(engine.localSocketPath, 'DELETE', `${path}/${prefix}-pod?force=true`)
  expect(pod).toMatchObject({ state: 'created', containerIds: [] })
})

describe('plain HTTP to dockerd with TLS', () => {
  it('is told that TLS is required', async () => {
    const spec = labSpec(labEngine('docker-tls'))
    if (spec.kind !== 'tls') throw new Error('docker-tls does not speak TLS')
    const transport = openTransport({ kind: 'tcp', host: spec.host, port: spec.port })
    await expect(createEngineClient(transport).connect()).rejects.toMatchObject({ code: 'tls_required' })
    await transport.close()
  })
})
