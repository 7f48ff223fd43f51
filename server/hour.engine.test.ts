import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { SpecAnswer } from '#lib/contracts/container-create.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { verifyChain } from './audit/chain.ts'
import { openForReading } from './db/store.ts'
import { type CuttingProxy, startCuttingProxy } from './testing/cutting-proxy.ts'
import { randomOf } from './testing/random-requests.ts'
import { killServers, type ServerThatEnds, startServerThatEnds } from './testing/server-that-ends.ts'
import { type SimulatedEngine, startSimulatedEngine } from './testing/simulated-engine.ts'
import { mayMount, mountSmallDisk } from './testing/small-disk.ts'

/** `npm run test:hard` sets an hour. A run is told again by its seed, as far as engines and the machine allow it. */
const minutes = Number(process.env.ROADSTEAD_HOUR_MINUTES ?? 0)
const seed = Number(process.env.ROADSTEAD_HOUR_SEED ?? Date.now() % 1e9)
const random = randomOf(seed)
const engineNames: EngineName[] = ['docker28-tcp', 'podman5-tcp']
const prefix = `hour-${randomUUID().slice(0, 6)}`
const services = 3
const simulatedHosts = 60

interface Real {
  name: EngineName
  socketPath: string
  proxy: CuttingProxy
  hostId: string
}
interface Service {
  at: Real
  name: string
  /** The task that changes it at the moment, or did so last. */
  task: string | null
}
interface Row {
  Id: string
  Names: string[]
  State: string
}

const disk = minutes > 0 && mayMount ? mountSmallDisk(64) : null
const folder = join(disk?.folder ?? mkdtempSync(join(tmpdir(), 'roadstead-hour-')), 'data')
const reals: Real[] = []
const simulated: SimulatedEngine[] = []
const all: Service[] = []
/** Acknowledged: each is in the list of tasks or was forgotten as one of the oldest, and true where it says so. */
const acknowledged = new Map<string, { kind: 'recreate' | 'create' | 'stop'; of: string; at: Real }>()
/** The tags that a host was last given with an answer; null when an answer was lost since. */
const tags = new Map<string, string | null>()
const counts: Record<string, number> = {}
const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1
}
let server: ServerThatEnds

const rowsOf = ({ socketPath }: Real) => {
  const filters = encodeURIComponent(JSON.stringify({ name: [prefix] }))
  return engineCall<Row[]>(socketPath, 'GET', `/v1.41/containers/json?all=true&filters=${filters}`)
}
const start = () => startServerThatEnds(folder, (reals[0] as Real).proxy.port)

beforeAll(async () => {
  if (minutes === 0) return
  mkdirSync(folder)
  for (const name of engineNames) {
    const { localSocketPath: socketPath, transport } = labEngine(name)
    if (!('port' in transport)) throw new Error(`${name} is not on a TCP port`)
    reals.push({ name, socketPath, proxy: await startCuttingProxy(transport), hostId: '' })
  }
  server = await start()
  const [first, second] = reals as [Real, Real]
  first.hostId = server.hostId
  const add = async (name: string, port: number) => {
    const transport = { kind: 'tcp', host: '127.0.0.1', port }
    return (await server.call<Host>('POST', '/api/hosts', { name, transport })).id
  }
  second.hostId = await add('second', second.proxy.port)
  for (let number = 0; number < simulatedHosts; number++) {
    const engine = await startSimulatedEngine({ number, containers: 50 })
    simulated.push(engine)
    tags.set(await add(`simulated-${number}`, engine.port), '')
  }
  for (const at of reals)
    for (let index = 0; index < services; index++) {
      const name = `${prefix}-${at.name}-${index}`
      const body = { Image: labImages.busybox, Cmd: ['sleep', '7200'], StopTimeout: 1, Env: ['A=0'] }
      const path = `/v1.41/containers/create?name=${name}`
      const { Id } = await engineCall<{ Id: string }>(at.socketPath, 'POST', path, body)
      await engineCall(at.socketPath, 'POST', `/v1.41/containers/${Id}/start`)
      all.push({ at, name, task: null })
    }
})
afterAll(async () => {
  if (minutes === 0) return
  killServers()
  await server.ended
  for (const at of reals) {
    at.proxy.close()
    for (const { Id } of await rowsOf(at))
      await engineCall(at.socketPath, 'DELETE', `/v1.41/containers/${Id}?force=true&v=true`)
  }
  for (const engine of simulated) engine.close()
  if (disk) disk.unmount()
  else rmSync(join(folder, '..'), { recursive: true })
})

const isOver = ({ state }: Task) => state !== 'running' && state !== 'queued'

/** One act of a person. What gets no answer is not acknowledged. */
async function act(): Promise<void> {
  const kind = random.pick(['recreate', 'recreate', 'create', 'stop', 'tags', 'tags'] as const)
  try {
    if (kind === 'tags') {
      const hostId = random.pick([...tags.keys()])
      const tag = `t${random.below(1e6)}`
      tags.set(hostId, null)
      await server.call('PATCH', `/api/hosts/${hostId}`, { tags: [tag] })
      tags.set(hostId, tag)
    } else if (kind === 'create') {
      const at = random.pick(reals)
      const name = `${prefix}-made-${random.below(1e9)}`
      const spec = { image: labImages.busybox, name, command: ['sleep', '7200'] }
      const body = { spec, hostIds: [at.hostId], pull: 'never', start: true }
      const { id } = await server.call<Task>('POST', '/api/containers', body)
      acknowledged.set(id, { kind, of: name, at })
    } else {
      const service = random.pick(all)
      const { at, name } = service
      // One change of a service at a time: which of two comes last nobody could say.
      if (service.task && !isOver(await server.call<Task>('GET', `/api/tasks/${service.task}`))) return
      const row = (await rowsOf(at)).find(({ Names }) => Names.includes(`/${name}`))
      if (!row) return
      if (kind === 'stop') {
        // A restart, after which it runs.
        const containers = [{ hostId: at.hostId, containerId: row.Id }]
        const { id } = await server.call<Task>('POST', '/api/bulk', { action: 'restart', containers })
        service.task = id
        acknowledged.set(id, { kind, of: row.Id, at })
      } else {
        const path = `/api/hosts/${at.hostId}/containers/${row.Id}`
        const { spec } = await server.call<SpecAnswer>('GET', `${path}/spec`)
        const env = [{ name: 'A', value: String(random.below(1e9)) }]
        const { id } = await server.call<Task>('POST', `${path}/recreate`, {
          spec: { ...spec, env },
          pull: 'never',
        })
        service.task = id
        acknowledged.set(id, { kind, of: name, at })
      }
    }
    count(`acknowledged ${kind}`)
  } catch (error) {
    count(`not acknowledged: ${/"code":"(\w+)"/.exec(String(error))?.[1] ?? 'no answer'}`)
  }
}

async function fault(): Promise<void> {
  const kind = random.pick(['kill', 'term', 'drop', 'reset', 'full', 'freeze', 'simulated'] as const)
  count(`fault ${kind}`)
  const lasts = 1000 + random.below(12_000)
  if (kind === 'kill' || kind === 'term') {
    server.child.kill(kind === 'kill' ? 'SIGKILL' : 'SIGTERM')
    await server.ended
    server = await start()
  } else if (kind === 'drop' || kind === 'reset') {
    const { proxy } = random.pick(reals)
    proxy.fault(kind)
    await sleep(lasts)
    proxy.heal()
  } else if (kind === 'full') {
    disk?.fill()
    await sleep(Math.min(lasts, 4000))
    disk?.empty()
  } else if (kind === 'freeze') {
    server.child.kill('SIGSTOP')
    await sleep(Math.min(lasts, 5000))
    server.child.kill('SIGCONT')
  } else for (let times = 0; times < 200; times++) random.pick(simulated).change()
}

it('of random faults leaves every service running, every change known and every success true', {
  timeout: (minutes * 60 + 600) * 1000,
}, async () => {
  const until = Date.now() + minutes * 60_000
  const ending = new AbortController()
  const people = async () => {
    while (!ending.signal.aborted) {
      await act()
      await sleep(300 + random.below(1500))
    }
  }
  const acts = [people(), people(), people()]
  while (Date.now() < until) {
    await fault()
    await sleep(2000 + random.below(6000))
  }
  ending.abort()
  await Promise.all(acts)
  server.child.kill('SIGTERM')
  await server.ended
  server = await start()
  const tasks = () => server.call<Task[]>('GET', '/api/tasks')
  await expect
    .poll(async () => (await tasks()).filter((task) => !isOver(task)).length, { timeout: 300_000 })
    .toBe(0)
  const ended = new Map((await tasks()).map((task) => [task.id, task]))
  const outcomes: Record<string, number> = {}
  for (const { state } of ended.values()) outcomes[state] = (outcomes[state] ?? 0) + 1
  process.stdout.write(`${JSON.stringify({ seed, minutes, counts, outcomes })}\n`)

  const wrong: string[] = []
  const rows = new Map(await Promise.all(reals.map(async (at) => [at, await rowsOf(at)] as const)))
  const named = (at: Real, name: string) =>
    (rows.get(at) ?? []).filter(({ Names }) => Names.some((one) => one.includes(name)))
  for (const { at, name } of all) {
    const found = named(at, name).map(({ Names, State }) => `${Names} ${State}`)
    if (found.join() !== `/${name} running`) wrong.push(`service ${name}: ${found.join() || 'gone'}`)
  }
  // Of the newest 200 each is known.
  if (ended.size < 200)
    for (const id of acknowledged.keys()) if (!ended.has(id)) wrong.push(`lost: task ${id}`)
  const lastOf = new Map(all.map(({ name, task }) => [name, task]))
  for (const [id, { kind, of, at }] of acknowledged) {
    const task = ended.get(id)
    if (!task) continue
    const [step] = task.steps
    if (kind === 'create') {
      const found = named(at, of)
      const isTrue =
        task.state === 'succeeded'
          ? found.length === 1 && found[0]?.Id === step?.result?.containerId && found[0]?.State === 'running'
          : found.length === 0 || step?.result?.containerId !== undefined
      if (!isTrue)
        wrong.push(`create ${of} ${task.state} ${step?.error?.code}: ${found.map(({ State }) => State)}`)
    }
    if (kind === 'recreate' && task.state === 'succeeded' && lastOf.get(of) === id) {
      const found = named(at, of)
      if (found[0]?.Id !== step?.result?.containerId) wrong.push(`recreate ${of}: ${found[0]?.Id}`)
    }
  }
  const hosts = await server.call<Host[]>('GET', '/api/hosts')
  for (const [hostId, tag] of tags) {
    const now = hosts.find(({ id }) => id === hostId)
    if (tag && now?.tags.join() !== tag) wrong.push(`lost: tag ${tag} of ${now?.name}: ${now?.tags}`)
  }
  const database = openForReading(folder)
  const { broken, entries } = await verifyChain(database)
  await database.destroy()
  process.stdout.write(
    `${JSON.stringify({ auditEntries: entries, acknowledged: acknowledged.size, wrong })}\n`,
  )
  expect([broken, wrong]).toEqual([null, []])
})
