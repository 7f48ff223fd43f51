import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeCodes } from '#lib/close-codes.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { Network } from '#lib/contracts/networks.ts'
import type { Pod } from '#lib/contracts/pods.ts'
import type { Volume } from '#lib/contracts/volumes.ts'
import type { Principal } from '../principal/principal.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { following, framesOf } from '../testing/live-viewer.ts'
import { give, join, makeRole, type Somebody } from '../testing/people.ts'

const all = { kind: 'all' } as const
const missing = 'f'.repeat(64)
const shown = 'a'.repeat(64)
const hidden = 'b'.repeat(64)
const elsewhere = 'c'.repeat(64)
const noHost = 'h000000000000'
/** Whatever of what is hidden must be in no answer. */
const canary = 'canary'

const administrator = { userId: '', role: 'administrator' } as unknown as Principal

let test: AppUnderTest
let near: Host
let far: Host
let everything: string
/** All permissions on the near host, but for containers with the label `secret`. */
let dora: Somebody
/** All permissions on what has the label `team`, on the near host. */
let part: Somebody
/** All that a role can have, but for the far host. */
let eva: Somebody

const containerOf = (host: Host, id: string, name: string, labels: Record<string, string>) =>
  ({
    hostId: host.id,
    id,
    name,
    labels,
    image: `${name}:1`,
    imageId: `sha256:${id}`,
    state: 'running',
    networks: [],
    ports: [],
    startedAt: null,
    command: '',
    stack: null,
    service: null,
  }) as unknown as Container

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: 1 }
  const add = async (name: string, tags: string[]) =>
    (await test.call('POST', '/api/hosts', { name, tags, transport })).json as Host
  near = await add('near', ['near'])
  far = await add(`far-${canary}`, ['far'])
  const { fleet } = test.app.live
  fleet.put('containers', containerOf(near, shown, 'shown', { team: 'shop' }))
  fleet.put('containers', containerOf(near, hidden, `hidden-${canary}`, { secret: '1' }))
  fleet.put('containers', containerOf(far, elsewhere, `elsewhere-${canary}`, { team: 'shop' }))
  for (const host of [far, near]) {
    const common = { hostId: host.id, labels: {}, createdAt: null }
    const name = host === far ? canary : 'plain'
    fleet.put('images', {
      ...common,
      id: `sha256:${'1'.repeat(64)}`,
      tags: [name],
      repoDigests: [],
    } as unknown as Image)
    fleet.put('volumes', { ...common, id: name, driver: 'local' } as Volume)
    fleet.put('networks', { ...common, id: name, name } as unknown as Network)
    fleet.put('pods', { ...common, id: name, name, state: '', containerIds: [shown, hidden] } as Pod)
  }
  fleet.flush()
  everything = await makeRole(test, 'Everything')
  const onNear = { kind: 'host', hostId: near.id } as const
  dora = await join(test, 'dora', null)
  await give(test, dora, { effect: 'allow', role: everything, hosts: onNear, containers: all })
  const secret = { kind: 'label', key: 'secret', value: null } as const
  await give(test, dora, { effect: 'deny', role: everything, hosts: all, containers: secret })
  eva = await join(test, 'eva', null)
  await give(test, eva, { effect: 'allow', role: everything, hosts: all, containers: all })
  const onFar = { kind: 'host', hostId: far.id } as const
  await give(test, eva, { effect: 'deny', role: everything, hosts: onFar, containers: all })
  part = await join(test, 'part', null)
  const team = { kind: 'label', key: 'team', value: null } as const
  await give(test, part, { effect: 'allow', role: everything, hosts: onNear, containers: team })
})
afterAll(() => test.close())

/** An answer without what may differ: ids that are made for it, moments, and the id that was asked for. */
const answerTo = async (who: Somebody, method: string, path: string, asked: string, body?: unknown) => {
  const answer = await who.call(method, path, body)
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
  const text = JSON.stringify([answer.status, headers, answer.json ?? null])
  return text
    .replace(/"requestId":"[^"]*"/, '')
    .replaceAll(/nonce-[^']+/g, '')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
    .replaceAll(asked, 'asked')
}
const filled = (path: string, hostId: string, id: string) =>
  path.replace(':hostId', hostId).replace(':containerId', id).replaceAll(/:\w+/g, `sha256:${id}`)
const bodyOf = (method: string) => (['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined)

describe('what somebody may not see', () => {
  it('is answered by every route of a container as what does not exist', async () => {
    const routes = test.app.routes.filter(({ path }) => path.includes(':containerId'))
    expect(routes.length).toBeGreaterThan(15)
    for (const { method, path } of routes) {
      const ask = (who: Somebody, id: string) =>
        answerTo(who, method, filled(path, near.id, id), id, bodyOf(method))
      for (const who of [dora, part]) {
        const answer = await ask(who, hidden)
        expect(answer, `${method} ${path}`).toBe(await ask(who, missing))
        if (who === dora) expect(answer, `${method} ${path}`).toContain('container_not_found')
        expect(answer, `${method} ${path}`).not.toContain(canary)
      }
      // A control: what is in sight is told apart.
      expect(await ask(dora, shown), `${method} ${path}`).not.toBe(await ask(dora, missing))
    }
  })

  it('is answered by every route of a host as one that does not exist', async () => {
    const routes = test.app.routes.filter(
      ({ path, access }) => path.includes(':hostId') && access !== 'session',
    )
    expect(routes.length).toBeGreaterThan(25)
    for (const { method, path } of routes) {
      for (const who of [dora, part, eva]) {
        const ask = (hostId: string) =>
          answerTo(who, method, filled(path, hostId, elsewhere), hostId, bodyOf(method))
        expect(await ask(far.id), `${method} ${path}`).toBe(await ask(noHost))
        expect(await ask(far.id), `${method} ${path}`).not.toContain(canary)
        if (who === eva) expect(await ask(far.id), `${method} ${path}`).toContain('host_not_found')
      }
    }
  })

  it('is in no answer of any route that lists', async () => {
    const routes = test.app.routes.filter(
      ({ method, path, access }) => method === 'GET' && !path.includes(':') && access !== 'anonymous',
    )
    let lists = 0
    const textOf = async (cookie: string, path: string) =>
      (await fetch(test.origin + path, { headers: { cookie } })).text()
    for (const { path } of routes) {
      if ((await textOf(test.cookie, path)).includes(canary)) lists++
      for (const who of /^\/api\/(?:audit|users)/.test(path) ? [dora, part] : [dora, part, eva]) {
        const text = await textOf(who.cookie, path)
        // Eva sees all of the near host, and may read the audit log and who has which grants.
        const secret =
          who === eva ? [`far-${canary}`, elsewhere, far.id] : [canary, hidden, elsewhere, far.id]
        for (const never of secret) expect(text, path).not.toContain(never)
      }
    }
    // Containers, hosts, images, volumes, networks, pods, and the audit log: the administrator's hold it.
    expect(lists).toBeGreaterThanOrEqual(6)
    const seen = await dora.call('GET', '/api/containers')
    expect((seen.json as { items: Container[] }).items.map(({ id }) => id)).toEqual([shown])
  })

  const refs = (hostId: string, containerId: string) => [{ hostId, containerId }]
  const options = { width: 1, stopOnFailure: false }
  it.each<[string, string, string, (hostId: string, id: string) => unknown]>([
    ['a plan', 'POST', '/api/bulk/plan', (hostId, id) => ({ action: 'stop', containers: refs(hostId, id) })],
    [
      'a bulk action',
      'POST',
      '/api/bulk',
      (hostId, id) => ({ action: 'stop', containers: refs(hostId, id) }),
    ],
    ['a wait', 'POST', '/api/containers/wait', (hostId, id) => ({ containers: refs(hostId, id) })],
    ['a log', 'GET', '/api/logs/download', () => undefined],
  ])('is not there for %s', async (_name, method, path, bodyFor) => {
    const ask = (hostId: string, id: string, asked: string) => {
      const query = method === 'GET' ? `?containers=${hostId}/${id}` : ''
      const answer = answerTo(dora, method, path + query, asked, bodyFor(hostId, id))
      return answer.then((text) => text.replaceAll(asked.slice(0, 12), 'asked'))
    }
    expect(await ask(near.id, hidden, hidden)).toBe(await ask(near.id, missing, missing))
    expect(await ask(far.id, elsewhere, far.id)).toBe(await ask(noHost, elsewhere, noHost))
  })

  it.each<[string, string, (hostId: string) => object]>([
    [
      'an image copy',
      '/api/images/copy',
      (hostId) => ({ references: ['a:1'], sourceHostId: hostId, targetHostIds: [near.id] }),
    ],
    [
      'a copy to it',
      '/api/images/copy',
      (hostId) => ({ references: ['a:1'], sourceHostId: near.id, targetHostIds: [hostId] }),
    ],
    ['a create', '/api/containers', (hostId) => ({ spec: { image: 'a:1' }, hostIds: [hostId] })],
    ['a prune', '/api/prune', (hostId) => ({ hosts: [{ hostId, images: ['x'] }] })],
    ['a pull', '/api/images/pull', (hostId) => ({ reference: 'a:1', hostIds: [hostId] })],
    ['a push', '/api/images/push', (hostId) => ({ reference: 'a:1', hostId })],
  ])('is no host for %s', async (_name, path, bodyFor) => {
    const ask = async (hostId: string) => {
      const answer = await answerTo(dora, 'POST', path, hostId, { ...bodyFor(hostId), ...options })
      // Of what was started, the end too.
      const mine = () => [...test.app.tasks.list(administrator)].filter(({ userId }) => userId === dora.id)
      await expect.poll(() => mine().every(({ state }) => state !== 'running')).toBe(true)
      if (!answer.startsWith('[200')) return answer
      const steps = mine()[0]?.steps.map(({ state, error }) => [state, error])
      return answer + JSON.stringify(steps).replaceAll(hostId, 'asked')
    }
    expect(await ask(far.id)).toBe(await ask(noHost))
    expect(await ask(far.id)).not.toContain(canary)
  })

  it('is not tried with the secrets that are stored for it', async () => {
    const transport = { kind: 'tcp', host: '127.0.0.1', port: 1 }
    const ask = (hostId: string) => answerTo(eva, 'POST', '/api/hosts/test', hostId, { transport, hostId })
    expect(await ask(far.id)).toBe(await ask(noHost))
    expect(await ask(far.id)).toContain('host_not_found')
  })

  it('is not there for terminals, logs and figures either', async () => {
    const frames = async (path: string, hello: unknown, asked: string) => {
      const { texts, socket } = await dora.socket(path, hello)
      await expect.poll(() => texts.length).toBeGreaterThan(0)
      socket.terminate()
      return texts.join('\n').replaceAll(asked, 'asked')
    }
    const start = { type: 'start', mode: 'exec', columns: 80, rows: 24 }
    const kinds = {
      terminal: (id: string) => frames(`/api/terminal?hostId=${near.id}&containerId=${id}`, start, id),
      logs: (id: string) =>
        frames('/api/logs', { type: 'open', selection: { containers: refs(near.id, id) } }, id),
      stats: (id: string) => frames('/api/live', following('container-stats', { hostId: near.id, id }), id),
    }
    for (const [kind, ask] of Object.entries(kinds)) {
      expect(await ask(hidden), kind).toBe(await ask(missing))
      expect(await ask(hidden), kind).toContain('container_not_found')
    }
  })

  it('is not among what a filter of logs finds', async () => {
    const { texts, socket } = await dora.socket('/api/logs', { type: 'open', selection: { filter: '' } })
    await expect.poll(() => texts.join('')).toContain(shown)
    test.app.live.fleet.put(
      'containers',
      containerOf(near, 'e'.repeat(64), `later-${canary}`, { secret: '2' }),
    )
    test.app.live.fleet.put('containers', containerOf(near, 'd'.repeat(64), 'later', {}))
    await expect.poll(() => texts.join('')).toContain('d'.repeat(64))
    expect(texts.join('')).not.toContain(canary)
    for (const id of ['d', 'e']) test.app.live.fleet.remove('containers', near.id, id.repeat(64))
    socket.terminate()
  })
})

describe('the live socket of somebody who sees a part', () => {
  const fleetOf = (texts: string[]) => framesOf(texts, 'fleet')
  const opened = async (who: Somebody, params: object = {}) => {
    const browser = await who.socket('/api/live', following('fleet', params))
    await expect.poll(() => browser.texts.length).toBeGreaterThan(0)
    return browser
  }

  it('tells of that part only, in its snapshot and in every change', async () => {
    const { fleet } = test.app.live
    const { texts, socket } = await opened(dora)
    const [first] = fleetOf(texts)
    if (first?.type !== 'snapshot') throw new Error('no snapshot')
    expect(first.snapshot.hosts.map(({ id }) => id)).toEqual([near.id])
    expect(first.snapshot.containers.map(({ id }) => id)).toEqual([shown])
    expect(first.snapshot.images.map(({ hostId }) => hostId)).toEqual([near.id])
    expect(first.snapshot.pods).toMatchObject([{ id: 'plain', containerIds: [shown] }])
    const id = 'd'.repeat(64)
    fleet.put('containers', containerOf(near, hidden, `renamed-${canary}`, { secret: '1' }))
    fleet.put('containers', containerOf(far, elsewhere, `renamed-${canary}`, {}))
    fleet.put('volumes', { hostId: far.id, id: `${canary}-2`, driver: 'local', createdAt: null, labels: {} })
    fleet.remove('volumes', far.id, `${canary}-2`)
    fleet.put('containers', containerOf(near, id, 'open', {}))
    fleet.flush()
    await expect.poll(() => texts.join('')).toContain(id)
    // It gets the label: it leaves their visibility, and is told no more.
    fleet.put('containers', containerOf(near, id, `closed-${canary}`, { secret: '1' }))
    fleet.flush()
    await expect.poll(() => texts.at(-1)).toContain('"removed"')
    fleet.put('containers', containerOf(near, id, `again-${canary}`, { secret: '1' }))
    fleet.remove('containers', near.id, id)
    fleet.put('containers', containerOf(near, shown, 'shown-2', { team: 'shop' }))
    fleet.flush()
    const delta = () => fleetOf(texts).findLast(({ type }) => type === 'delta')
    await expect.poll(() => JSON.stringify(delta())).toContain('shown-2')
    expect(delta()).toMatchObject({ changes: [{ type: 'put' }] })
    const text = texts.join('')
    for (const never of [canary, hidden, elsewhere, far.id]) expect(text).not.toContain(never)
    socket.terminate()
  })

  it('gives a snapshot to who comes back, and none of another epoch resumes', async () => {
    const { fleet } = test.app.live
    fleet.flush()
    const { seq } = fleet
    fleet.put('containers', containerOf(near, hidden, `once-more-${canary}`, { secret: '1' }))
    fleet.flush()
    const { texts, socket } = await opened(dora, { epoch: fleet.epoch, seq })
    const [first] = fleetOf(texts)
    expect(first?.type).toBe('snapshot')
    // An administrator by then, they would miss what was hidden.
    expect(first).not.toMatchObject({ epoch: fleet.epoch })
    expect(texts.join('')).not.toContain(canary)
    socket.terminate()
  })

  it('follows the tags of hosts at once', async () => {
    const tom = await join(test, 'tom', null)
    const hosts = { kind: 'tag', tag: 'blue' } as const
    await give(test, tom, { effect: 'allow', role: 'viewer', hosts, containers: all })
    const { texts, socket } = await opened(tom)
    expect(fleetOf(texts)[0]).toMatchObject({ type: 'snapshot', snapshot: { hosts: [], containers: [] } })
    await test.call('PATCH', `/api/hosts/${near.id}`, { tags: ['blue'] })
    await expect.poll(() => texts.at(-1)).toContain(shown)
    await test.call('PATCH', `/api/hosts/${near.id}`, { tags: [] })
    await expect
      .poll(() => fleetOf(texts).findLast(({ type }) => type === 'snapshot'))
      .toMatchObject({ snapshot: { hosts: [], containers: [] } })
    socket.terminate()
  })

  it('is closed when their grants or role change, for the browser to come back; nobody is signed out', async () => {
    const rob = await join(test, 'rob', null)
    const role = await makeRole(test, 'Lookers', ['containers.view'])
    await give(test, rob, { effect: 'allow', role, hosts: all, containers: all })
    const one = await opened(rob)
    const other = await opened(dora)
    await test.call('PATCH', `/api/roles/${role}`, { permissions: ['containers.view', 'containers.logs'] })
    expect(await one.closed).toBe(closeCodes.rightsChanged)
    const two = await opened(rob)
    await give(test, rob, { effect: 'deny', role, hosts: all, containers: all })
    expect(await two.closed).toBe(closeCodes.rightsChanged)
    expect((await rob.call('GET', '/api/session')).status).toBe(200)
    expect(other.socket.readyState).toBe(other.socket.OPEN)
    other.socket.terminate()
  })
})

describe('the figures of the fleet', () => {
  it('are of what is in sight, also when something goes', async () => {
    const { store } = test.app.stats
    const reading = (id: string) => ({ id, readAt: Date.now(), cpuNs: 1, systemNs: 1, memory: 1 }) as never
    for (const id of [shown, hidden]) store.addCoarse(near.id, reading(id))
    store.addCoarse(far.id, reading(elsewhere))
    const { texts, socket } = await dora.socket('/api/live', following('stats'))
    await expect.poll(() => texts.length).toBeGreaterThan(0)
    expect(texts[0]).toContain(shown.slice(0, 12))
    for (const id of [shown, hidden]) store.addCoarse(near.id, reading(id))
    store.addCoarse(far.id, reading(elsewhere))
    store.removeContainer(near.id, hidden)
    store.removeContainer(near.id, shown)
    await expect.poll(() => texts.join('')).toContain(`"gone":["${shown.slice(0, 12)}"]`)
    for (const never of [hidden, elsewhere, far.id]) expect(texts.join('')).not.toContain(never.slice(0, 12))
    // Not even what all containers of the host use together.
    expect(texts.join('')).not.toContain('"point"')
    socket.terminate()
  })
})

describe('a name that becomes another', () => {
  it('ends what it gave, at once', async () => {
    const nora = await join(test, 'nora', null)
    const id = '9'.repeat(64)
    const { fleet } = test.app.live
    fleet.put('containers', containerOf(near, id, 'web-9', {}))
    fleet.flush()
    const named = { kind: 'name', pattern: 'web-*' } as const
    await give(test, nora, {
      effect: 'allow',
      role: everything,
      hosts: { kind: 'host', hostId: near.id },
      containers: named,
    })
    const live = await nora.socket('/api/live', following('fleet'))
    await expect.poll(() => live.texts.join('')).toContain(id)
    const selection = { containers: [{ hostId: near.id, containerId: id }] }
    const logs = await nora.socket('/api/logs', { type: 'open', selection })
    await expect.poll(() => logs.texts.length).toBeGreaterThan(0)
    fleet.put('containers', containerOf(near, id, `db-${canary}`, {}))
    fleet.flush()
    expect(await logs.closed).toBe(closeCodes.rightsChanged)
    await expect.poll(() => live.texts.at(-1)).toContain('"removed"')
    expect(live.texts.join('')).not.toContain(canary)
    live.socket.terminate()
    fleet.remove('containers', near.id, id)
  })
})
