import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { VolumeCreate, VolumeDetail, VolumeSizes } from '#lib/contracts/volumes.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { following } from '../../testing/live-viewer.ts'
import { give, join, makeRole } from '../../testing/people.ts'

const prefix = `vol-${randomUUID().slice(0, 8)}`
/** Docker 20.10 and 28.5, Podman 4.3 and 5.4. */
const engines: readonly EngineName[] = ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp']

let test: AppUnderTest
const hostIds = new Map<EngineName, string>()
const made: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const engine of engines) {
    const added = await test.call('POST', '/api/hosts', { name: engine, transport: labTransport(engine) })
    hostIds.set(engine, (added.json as Host).id)
  }
  const read = () => test.app.live.fleet.hosts().every(({ syncedAt }) => syncedAt !== null)
  await vi.waitFor(() => expect(read()).toBe(true), { timeout: 30_000 })
}, 60_000)
afterAll(async () => {
  await test.close()
  for (const remove of made.toReversed()) await remove().catch(() => {})
})

/** The task as it ended. */
async function ended(answer: { status: number; json: unknown }): Promise<Task> {
  expect(answer.status, JSON.stringify(answer.json)).toBe(200)
  const { id } = answer.json as Task
  const state = async () => {
    const { json } = await test.call('GET', '/api/tasks')
    const tasks = (Array.isArray(json) ? json : (json as { items: Task[] }).items) as Task[]
    return tasks.find((task) => task.id === id)
  }
  await expect.poll(async () => (await state())?.finishedAt ?? null, { timeout: 60_000 }).not.toBeNull()
  return (await state()) as Task
}

const create = async (input: Partial<VolumeCreate> & { name: string }, where: readonly EngineName[]) => {
  for (const engine of where)
    made.push(() =>
      engineCall(labEngine(engine).localSocketPath, 'DELETE', `/v1.41/volumes/${input.name}?force=1`),
    )
  const hosts = where.map((engine) => hostIds.get(engine) as string)
  return ended(await test.call('POST', '/api/volumes', { form: { kind: 'local' }, hostIds: hosts, ...input }))
}
const inspected = async (engine: EngineName, name: string) =>
  JSON.parse((await witness(engine, ['volume', 'inspect', name])).stdout)[0] as {
    Name: string
    Driver: string
    Options: Record<string, string> | null
    Labels: Record<string, string> | null
  }
const inFleet = (engine: EngineName, name: string) =>
  test.app.live.fleet.get('volumes', hostIds.get(engine) as string, name)
const remove = async (...volumes: { engine: EngineName; name: string }[]) =>
  ended(
    await test.call('POST', '/api/volumes/remove', {
      volumes: volumes.map(({ engine, name }) => ({ hostId: hostIds.get(engine), name })),
    }),
  )

/** A container that has a volume, stopped. */
async function user(engine: EngineName, volume: string, script = 'true'): Promise<string> {
  const { localSocketPath } = labEngine(engine)
  const body = {
    Image: labImages.busybox,
    Cmd: ['/bin/sh', '-c', script],
    StopTimeout: 0,
    Labels: { team: volume },
    HostConfig: { Binds: [`${volume}:/data:ro`] },
  }
  const path = `/v1.41/containers/create?name=${volume}-user`
  const { Id } = await engineCall<{ Id: string }>(localSocketPath, 'POST', path, body)
  made.push(() => removeContainer(engine, Id))
  return Id
}

it('one volume is made on four engines, with an outcome for each, and its name is on the audit log', async () => {
  const name = `${prefix}-all`
  const task = await create({ name, labels: [{ name: 'team', value: 'a b' }] }, engines)
  expect(task.steps.map(({ state, error }) => [state, error])).toEqual(engines.map(() => ['succeeded', null]))
  for (const engine of engines)
    expect(await inspected(engine, name)).toMatchObject({
      Name: name,
      Driver: 'local',
      Labels: { team: 'a b' },
    })
  // By events, without a list that somebody asked for.
  for (const engine of engines)
    await expect.poll(() => inFleet(engine, name)?.labels, { timeout: 15_000 }).toEqual({ team: 'a b' })
  const { json } = await test.call('GET', '/api/audit?action=volumes.create')
  expect(JSON.stringify(json)).toContain(name)

  // Of what is there, every engine would say that it has made it.
  const again = await create({ name, form: { kind: 'tmpfs' } }, engines)
  expect(again.steps.map(({ error }) => error?.code)).toEqual(engines.map(() => 'volume_exists'))
  expect((await inspected('docker-tls', name)).Options ?? {}).toEqual({})
})

describe.each(engines)('on %s', (engine) => {
  const hostId = () => hostIds.get(engine) as string

  it.each([
    ['tmpfs', { kind: 'tmpfs', sizeBytes: 1_048_576 }, { type: 'tmpfs', o: 'size=1048576' }],
    ['nfs', { kind: 'nfs', server: '192.0.2.1', path: '/data' }, { type: 'nfs', device: '192.0.2.1:/data' }],
    [
      'cifs',
      { kind: 'cifs', server: '192.0.2.1', share: 'x', username: 'ada', password: 'canary' },
      { type: 'cifs' },
    ],
    ['bind', { kind: 'bind', path: '/tmp' }, { type: 'none', o: 'bind', device: '/tmp' }],
  ] as const)(
    'the form of %s is what its driver gets, and values are veiled until revealed',
    async (kind, form, options) => {
      const name = `${prefix}-${engine}-${kind}`
      const task = await create({ name, form }, [engine])
      expect(task.steps.map(({ state, error }) => [state, error])).toEqual([['succeeded', null]])
      // Podman 4 takes a size for a quota of its disk.
      const expected =
        kind === 'tmpfs' && engine === 'podman-ssh' ? { ...options, o: 'nr_blocks=256' } : options
      expect((await inspected(engine, name)).Options).toMatchObject(expected)
      await expect.poll(() => inFleet(engine, name), { timeout: 15_000 }).toBeDefined()
      const path = `/api/hosts/${hostId()}/volumes/${name}`
      const veiled = (await test.call('GET', path)).json as VolumeDetail
      expect(Object.keys(veiled.options)).toEqual(expect.arrayContaining(Object.keys(options)))
      expect(new Set(Object.values(veiled.options))).toEqual(new Set(['']))
      const shown = (await test.call('GET', `${path}?reveal=true`)).json as VolumeDetail
      expect(shown.options).toMatchObject(expected)
      if (kind === 'cifs') expect(shown.options.o).toContain('password=canary')
      const { json } = await test.call('GET', '/api/audit')
      expect(JSON.stringify(json)).not.toContain('canary')
    },
  )

  it('who has it is known by events, with where; it goes only when nobody has it', async () => {
    const name = `${prefix}-${engine}-used`
    await create({ name }, [engine])
    const id = await user(engine, name)
    const users = () =>
      test.app.live.fleet.all('containers', hostId()).filter((each) => each.volumes?.includes(name))
    await expect.poll(() => users().map((each) => each.id), { timeout: 20_000 }).toEqual([id])
    const detail = (await test.call('GET', `/api/hosts/${hostId()}/volumes/${name}`)).json as VolumeDetail
    expect(detail.mounts).toEqual([{ containerId: id, destination: '/data', readOnly: true }])
    expect(detail.moreMounts).toBe(false)

    // A list that comes after does not forget it.
    test.app.live.fleet.flush()
    const refused = await remove({ engine, name })
    expect(refused.steps.map(({ state, error }) => [state, error?.code])).toEqual([
      ['failed', 'volume_in_use'],
    ])
    expect((await inspected(engine, name)).Name).toBe(name)

    await removeContainer(engine, id)
    await expect.poll(users, { timeout: 20_000 }).toEqual([])
    const gone = await remove({ engine, name })
    expect(gone.steps.map(({ state }) => state)).toEqual(['succeeded'])
    await expect(inspected(engine, name)).rejects.toThrow()
    await expect.poll(() => inFleet(engine, name), { timeout: 15_000 }).toBeUndefined()
  }, 60_000)

  it('another volume whose name begins so is not taken for it', async () => {
    const name = `${prefix}-${engine}-whole`
    await create({ name }, [engine])
    const begun = name.slice(0, -2)
    const task = await remove({ engine, name: begun })
    expect(task.steps.map(({ error }) => error?.code)).toEqual(['volume_not_found'])
    expect((await inspected(engine, name)).Name).toBe(name)
    expect((await test.call('GET', `/api/hosts/${hostId()}/volumes/${begun}`)).status).toBe(404)
    const made = await create({ name: begun }, [engine])
    expect(made.steps.map(({ state }) => state)).toEqual(['succeeded'])
  })

  it('sizes are the engine’s, and unknown where it does not add up', async () => {
    const name = `${prefix}-${engine}-size`
    await create({ name }, [engine])
    const { localSocketPath } = labEngine(engine)
    const body = {
      Image: labImages.busybox,
      Cmd: ['/bin/sh', '-c', 'head -c 300000 /dev/urandom > /data/big'],
      HostConfig: { Binds: [`${name}:/data`] },
    }
    const path = `/v1.41/containers/create?name=${name}-writer`
    const { Id } = await engineCall<{ Id: string }>(localSocketPath, 'POST', path, body)
    made.push(() => removeContainer(engine, Id))
    await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/start`)
    await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/wait`)
    const sizes = async () =>
      ((await test.call('GET', `/api/hosts/${hostId()}/volume-sizes`)).json as VolumeSizes).sizes
    await expect.poll(() => inFleet(engine, name), { timeout: 15_000 }).toBeDefined()
    expect((await sizes())[name]).toBeGreaterThan(290_000)
    // Docker leaves out what has options, which may be a share that hangs; Podman adds up whatever lies there.
    const share = `${prefix}-${engine}-nfs`
    if (engine.startsWith('docker')) expect((await sizes())[share] ?? null).toBeNull()
  }, 60_000)

  it('a share whose server is dead holds up nothing but itself', async () => {
    const name = `${prefix}-${engine}-dead`
    await create({ name, form: { kind: 'nfs', server: '192.0.2.1', path: '/dead' } }, [engine])
    await expect.poll(() => inFleet(engine, name), { timeout: 15_000 }).toBeDefined()
    const began = performance.now()
    expect((await test.call('GET', `/api/hosts/${hostId()}/volumes/${name}`)).status).toBe(200)
    expect((await test.call('GET', `/api/hosts/${hostId()}/volume-sizes`)).status).toBe(200)
    const task = await remove({ engine, name })
    expect(task.steps.map(({ state }) => state)).toEqual(['succeeded'])
    expect(performance.now() - began).toBeLessThan(20_000)
  }, 60_000)
})

it('who sees a part sees the volumes of it, and what has the label', async () => {
  const engine = 'podman5-tcp'
  const hostId = hostIds.get(engine) as string
  const [mine, theirs, labelled] = ['mine', 'theirs', 'labelled'].map((what) => `${prefix}-part-${what}`) as [
    string,
    string,
    string,
  ]
  await create({ name: mine }, [engine])
  await create({ name: theirs }, [engine])
  await create({ name: labelled, labels: [{ name: 'team', value: mine }] }, [engine])
  await user(engine, theirs)
  const person = await join(test, 'part', null)
  const role = await makeRole(test, 'Volumes of a part', ['hosts.view', 'containers.view', 'volumes.view'])
  await give(test, person, {
    effect: 'allow',
    role,
    hosts: { kind: 'all' },
    containers: { kind: 'label', key: 'team', value: mine },
  })
  const { texts, socket } = await person.socket('/api/live', following('fleet', {}))
  const list = async () =>
    ((await person.call('GET', '/api/volumes')).json as { items: { id: string }[] }).items
      .map(({ id }) => id)
      .toSorted()
  await expect.poll(list, { timeout: 15_000 }).toEqual([labelled])
  const told = (type: string, name: string) =>
    texts.some((text) => text.includes(`"type":"${type}"`) && text.includes(`"id":"${name}"`))
  expect(told('put', mine)).toBe(false)
  const id = await user(engine, mine)
  await expect.poll(list, { timeout: 15_000 }).toEqual([labelled, mine].toSorted())
  await expect.poll(() => told('put', mine)).toBe(true)
  expect((await person.call('GET', `/api/hosts/${hostId}/volumes/${mine}`)).status).toBe(200)
  expect((await person.call('GET', `/api/hosts/${hostId}/volumes/${theirs}`)).status).toBe(404)
  expect((await person.call('GET', `/api/hosts/${hostId}/volumes/${mine}?reveal=true`)).status).toBe(403)
  const { sizes } = (await person.call('GET', `/api/hosts/${hostId}/volume-sizes`)).json as VolumeSizes
  expect(Object.keys(sizes).toSorted()).toEqual([labelled, mine].toSorted())
  // With its container it leaves their visibility.
  await removeContainer(engine, id)
  await expect.poll(list, { timeout: 15_000 }).toEqual([labelled])
  await expect.poll(() => told('removed', mine)).toBe(true)
  expect(texts.join()).not.toContain(theirs)
  socket.close()
  expect(
    (await person.call('POST', '/api/volumes/remove', { volumes: [{ hostId, name: labelled }] })).status,
  ).toBe(403)
}, 90_000)
