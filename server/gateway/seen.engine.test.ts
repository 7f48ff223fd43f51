import { afterAll, beforeAll, expect } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { itAt } from '../testing/it-at.ts'
import { type LogLab, startLogLab } from '../testing/log-lab.ts'
import { give, join, makeRole } from '../testing/people.ts'
import { pairOf } from '../testing/whole-tables.ts'

const engines = ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'] as const
const isPodman = (engine: EngineName) => engine.startsWith('podman')
const idle = 'trap "exit 0" TERM; sleep 600 & wait'
let lab: LogLab
let token: string
const made: { engine: EngineName; path: string }[] = []

beforeAll(async () => {
  lab = await startLogLab('seen', engines)
  const pat = await join(lab.app, 'pat', null)
  const permissions = [
    ...(['containers.view', 'containers.top', 'containers.changes', 'images.view', 'images.remove'] as const),
    ...(['networks.view', 'volumes.view', 'hosts.view', 'gateway.use'] as const),
  ]
  const everywhere = { hosts: { kind: 'all' } as const }
  const all = { kind: 'all' } as const
  const role = await makeRole(lab.app, 'Looks', permissions)
  await give(lab.app, pat, { effect: 'allow', role, ...everywhere, containers: all })
  const blind = await makeRole(lab.app, 'Blind', ['containers.view'])
  const hidden = { kind: 'name', pattern: `${lab.prefix}-hid*` } as const
  await give(lab.app, pat, { effect: 'deny', role: blind, ...everywhere, containers: hidden })
  const input = { name: 'cli', hours: 1, permissions }
  token = ((await pat.call('POST', '/api/account/tokens', input)).json as MadeToken).token
})
afterAll(async () => {
  const undone = made.map(({ engine, path }) =>
    engineRequest(labEngine(engine).localSocketPath, 'DELETE', path).catch(() => {}),
  )
  await lab.close()
  await Promise.all(undone)
  // What its containers were in the way of.
  for (const { engine, path } of made)
    await engineRequest(labEngine(engine).localSocketPath, 'DELETE', path).catch(() => {})
})

const headers = () => ({ authorization: `Bearer ${token}` })
const at = (engine: EngineName, path: string) => `${lab.app.origin}/h/${lab.hosts.get(engine)}${path}`
const ask = async (engine: EngineName, path: string, method = 'GET') => {
  const answer = await fetch(at(engine, path), { method, headers: headers() })
  return { status: answer.status, text: await answer.text() }
}
const direct = <T>(engine: EngineName, method: string, path: string, body?: object) =>
  engineCall<T>(labEngine(engine).localSocketPath, method, path, body)

itAt(pairOf<EngineName>(engines, 'older Docker'))(
  'of a container that somebody does not see nothing is told by limits, figures, refusals, images and events',
  async (engine) => {
    const mine = await lab.run(engine, `mine-${engine}`, idle)
    const hidden = await lab.run(engine, `hid-${engine}`, `touch /only-here; ${idle}`)
    const name = `${lab.prefix}-hid-${engine}`

    // The newest of two, one of which is hidden, is the other.
    const filters = JSON.stringify({ name: [`${lab.prefix}-mine-${engine}`, name] })
    for (const path of ['/v1.41/containers/json?limit=1', '/v1.41/containers/json?all=1&limit=1'])
      expect(JSON.parse((await ask(engine, `${path}&filters=${encodeURIComponent(filters)}`)).text)).toEqual([
        expect.objectContaining({ Id: mine }),
      ])
    const since = async (of: string) => {
      const query = encodeURIComponent(JSON.stringify({ since: [of] }))
      const { status, text } = await ask(engine, `/v1.41/containers/json?filters=${query}`)
      return { status, text: text.replaceAll(of, 'NAME') }
    }
    expect((await since(mine)).status).toBe(200)
    expect(await since(name)).toEqual(await since('absent'))
    if (isPodman(engine))
      for (const count of ['limit', 'last']) {
        const path = `/v4.0.0/libpod/containers/json?${count}=1&filters=${encodeURIComponent(filters)}`
        expect(JSON.parse((await ask(engine, path)).text)).toEqual([expect.objectContaining({ Id: mine })])
      }

    // What changed in it is no image's business.
    if (isPodman(engine)) {
      const changes = async (of: string, asked = '') => {
        const { status, text } = await ask(engine, `/v4.0.0/libpod/images/${of}/changes${asked}`)
        return { status, text: text.replaceAll(of, 'NAME') }
      }
      for (const of of [name, hidden, hidden.slice(0, 12)])
        for (const asked of ['', '?diffType=container', '?diffType=all', '?DIFFTYPE=container'])
          expect(await changes(of, asked)).toEqual(await changes('absent'))
      const own = await ask(engine, `/v1.41/containers/${mine}/changes`)
      expect(own.status).toBe(200)
    }

    // Its image, and who asks for that to be removed.
    const image = `${lab.prefix}-${engine}:1`
    await direct(
      engine,
      'POST',
      `/v1.41/commit?container=${hidden}&repo=${image.replace(':1', '')}&tag=1`,
      {},
    )
    const child = await lab.run(engine, `hid-child-${engine}`, idle, { Image: image })
    made.push({ engine, path: `/v1.41/images/${image}?force=1` })
    const refused = [await ask(engine, `/v1.41/images/${image}`, 'DELETE')]
    if (isPodman(engine)) {
      refused.push(await ask(engine, `/v4.0.0/libpod/images/${image}`, 'DELETE'))
      refused.push(await ask(engine, `/v4.0.0/libpod/images/remove?images=${image}`, 'DELETE'))
    }
    for (const { text } of refused) {
      expect(text).toMatch(/in use|used by|is using/)
      for (const id of [hidden, child]) expect(text).not.toContain(id.slice(0, 12))
    }
    const documents = [await ask(engine, `/v1.41/images/${image}/json`)]
    if (isPodman(engine)) documents.push(await ask(engine, `/v4.0.0/libpod/images/${image}/json`))
    for (const { status, text } of documents) {
      expect(status).toBe(200)
      expect(text).not.toContain(hidden.slice(0, 12))
    }
    const imageId = (id: unknown) => String(id).replace('sha256:', '')
    const { Id } = JSON.parse(documents[0]?.text ?? '{}') as { Id: string }
    for (const path of isPodman(engine)
      ? ['/v1.41/images/json', '/v1.41/system/df', '/v4.0.0/libpod/images/json', '/v4.0.0/libpod/system/df']
      : ['/v1.41/images/json', '/v1.41/system/df']) {
      const found = JSON.parse((await ask(engine, path)).text)
      const rows = (found.Images ?? found) as Record<string, unknown>[]
      const own = rows.filter((row) => imageId(row.Id ?? row.ImageID) === imageId(Id))
      expect(own, path).toHaveLength(1)
      expect(Number(own[0]?.Containers ?? 0), path).toBeLessThanOrEqual(0)
    }

    // As many as in the list of theirs; others come and go on this engine.
    const counts = async () => {
      const list = JSON.parse((await ask(engine, '/v1.41/containers/json?all=1')).text) as unknown[]
      const { Containers } = JSON.parse((await ask(engine, '/v1.41/info')).text)
      const libpod = isPodman(engine) && JSON.parse((await ask(engine, '/v4.0.0/libpod/info')).text)
      const { number = Containers } = libpod ? libpod.store.containerStore : {}
      return [Containers - list.length, number - list.length, libpod ? 'freeLocks' in libpod.host : false]
    }
    await expect.poll(counts).toEqual([0, 0, false])

    // Its networks.
    const network = `${lab.prefix}-${engine}`
    await direct(engine, 'POST', '/v1.41/networks/create', { Name: network })
    made.push({ engine, path: `/v1.41/networks/${network}` })
    const paths = ['/v1.41/events', ...(isPodman(engine) ? ['/v4.0.0/libpod/events?stream=true'] : [])]
    const listening = new AbortController()
    const streams = paths.map(async (path) => {
      const answer = await fetch(at(engine, path), { headers: headers(), signal: listening.signal })
      return { answer, told: { text: '' } }
    })
    const open = await Promise.all(streams)
    for (const { answer, told } of open)
      void (async () => {
        for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
          told.text += Buffer.from(chunk).toString()
      })().catch(() => {})
    for (const id of [hidden, mine])
      for (const verb of ['connect', 'disconnect']) {
        const socket = labEngine(engine).localSocketPath
        const path = `/v1.41/networks/${network}/${verb}`
        // Podman's answer is no JSON.
        expect((await engineRequest(socket, 'POST', path, { Container: id })).status).toBe(200)
      }
    for (const { told } of open) {
      await expect.poll(() => told.text).toMatch(/"disconnect"/)
      expect(told.text).toContain(mine)
      expect(told.text).not.toContain(hidden)
    }
    listening.abort()
  },
)

itAt(['docker-unix', 'docker28-tcp'] as const)(
  'a container that others link to is known by its own name, and whoever links to it is not told',
  async (engine) => {
    const hidden = await lab.run(engine, `hid-linked-${engine}`, idle)
    const name = `${lab.prefix}-hid-linked-${engine}`
    const HostConfig = { Links: [`${name}:db`] }
    const mine = await lab.run(engine, `mine-links-${engine}`, idle, { HostConfig })
    const { text } = await ask(engine, '/v1.41/containers/json?all=1')
    expect(text).toContain(mine)
    expect(text).not.toContain(hidden)
    const inspected = await ask(engine, `/v1.41/containers/${mine}/json`)
    expect(inspected.status).toBe(200)
    expect(inspected.text).not.toContain(name)
    await direct(engine, 'POST', `/v1.41/containers/${mine}/stop?t=0`)
    await direct(engine, 'POST', `/v1.41/containers/${hidden}/stop?t=0`)
  },
)

itAt(['docker28-tcp', 'podman5-tcp'] as const)(
  'what only a hidden container uses looks as what nothing uses',
  async (engine) => {
    const [used, free] = ['used', 'free'].map((what) => `${lab.prefix}-${engine}-${what}`) as [string, string]
    for (const name of [used, free]) {
      await direct(engine, 'POST', '/v1.41/volumes/create', { Name: name })
      await direct(engine, 'POST', '/v1.41/networks/create', { Name: name })
      made.push(
        { engine, path: `/v1.41/volumes/${name}?force=1` },
        { engine, path: `/v1.41/networks/${name}` },
      )
    }
    const HostConfig = { Binds: [`${used}:/data`], NetworkMode: used }
    const hidden = await lab.run(engine, `hid-uses-${engine}`, `touch /data/x; ${idle}`, { HostConfig })
    const bare = (row: unknown, name: string) =>
      JSON.stringify(row)
        .replaceAll(name, 'NAME')
        .replaceAll(/"(?:Id|id|Created|created|CreatedAt|Size|ReclaimableSize)":(?:"[^"]*"|\d+),?/g, '')
        .replaceAll(/\d+\.\d+\.\d+\.\d+|"(?:cni-)?podman\d+"|"[\da-f]{64}"/g, 'ADDRESS')
        .replaceAll(/"UsageData":\{"RefCount":0,"Size":\d+\}/g, '"UsageData":{}')
    const documents = ['/v1.41/volumes/NAME', '/v1.41/networks/NAME']
    const lists = ['/v1.41/volumes', '/v1.41/networks', '/v1.41/system/df']
    if (isPodman(engine)) {
      documents.push('/v4.0.0/libpod/volumes/NAME/json', '/v4.0.0/libpod/networks/NAME/json')
      lists.push('/v4.0.0/libpod/volumes/json', '/v4.0.0/libpod/networks/json', '/v4.0.0/libpod/system/df')
    }
    for (const path of documents) {
      const of = async (name: string) => {
        const { status, text } = await ask(engine, path.replace('NAME', name))
        expect(status, path).toBe(200)
        return bare(JSON.parse(text), name)
      }
      expect(await of(used), path).toBe(await of(free))
    }
    for (const path of lists) {
      const { status, text } = await ask(engine, path)
      expect(status, path).toBe(200)
      expect(text).not.toContain(hidden.slice(0, 12))
      const found = JSON.parse(text)
      const rows = (found.Volumes ?? found) as Record<string, unknown>[]
      const of = (name: string) => {
        const row = rows.find((one) => (one.Name ?? one.name ?? one.VolumeName) === name)
        if (row && 'ReclaimableSize' in row) expect(row.ReclaimableSize).toBe(row.Size)
        return bare(row, name)
      }
      expect(of(used), path).toContain('NAME')
      expect(of(used), path).toBe(of(free))
    }
    const filtered = async (path: string, filter: object) => {
      const { status, text } = await ask(
        engine,
        `${path}?filters=${encodeURIComponent(JSON.stringify(filter))}`,
      )
      return [status, text]
    }
    const refused = [403, expect.stringContaining('goes by all containers')]
    for (const path of lists.filter((one) => /\/(?:volumes|networks)(?:\/json)?$/.test(one)))
      for (const dangling of [['true'], ['false'], { true: true }]) {
        expect(await filtered(path, { dangling, name: [used] }), path).toEqual(refused)
        const [status, text] = await filtered(path, { name: [used] })
        expect([status, text], path).toEqual([200, expect.stringContaining(used)])
      }
    if (isPodman(engine)) {
      expect(await filtered('/v4.0.0/libpod/images/json', { containers: ['true'] })).toEqual(refused)
      // Whose network one's own container shares.
      const HostConfig = { NetworkMode: `container:${hidden}` }
      const mine = await lab.run(engine, `mine-shares-${engine}`, idle, { HostConfig })
      const shares = async (name: string) => {
        const [status, text] = await filtered('/v4.0.0/libpod/containers/json', {
          network: [`container:${name}`],
        })
        return [status, String(text).replaceAll(name, 'GIVEN').trim()]
      }
      const absent = await shares('absent')
      expect(absent[0]).toBe(404)
      for (const name of [hidden, `${lab.prefix}-hid-uses-${engine}`])
        expect(await shares(name)).toEqual(absent)
      expect(await shares(mine)).toEqual([200, '[]'])
    }
    expect((await filtered('/v1.41/images/json', { dangling: ['true'] }))[0]).toBe(200)
  },
)
