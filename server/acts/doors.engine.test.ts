import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { labEngine } from '#e2e/lab/state.ts'
import type { ContainerSelector } from '#lib/contracts/access.ts'
import { type ActedOn, actsAt } from '../testing/acts-at-doors.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { give, join, makeRole } from '../testing/people.ts'
import { background, expectedAt, type PersonAtDoors, peopleAtDoors } from '../testing/people-at-doors.ts'
import { startRecordingProxy } from '../testing/recording-proxy.ts'
import { type ByDoor, byDashboard, byGateway, type Visitor, visitor } from '../testing/two-doors.ts'
import { sampleOf } from '../testing/whole-tables.ts'

const engines = ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'] as const
type Engine = (typeof engines)[number]
const doors = ['dashboard', 'gateway'] as const
type Door = (typeof doors)[number]

const mark = `doors-${randomUUID().slice(0, 8)}`
/** Ends at once when it is told to, and costs nothing until then. */
const idle = ['/bin/sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait']

interface Lab {
  recorded: string[]
  ids: { mine: string; theirs: string }
  on: ActedOn
}
let test: AppUnderTest
const proxies: { close(): void }[] = []
const labs = new Map<Engine, Lab>()
let people: PersonAtDoors[] = []
let made = 0
/** Have all that there is, of some containers. */
const inPart: Partial<Record<'label' | 'name', Visitor>> = {}

const direct = <T>(engine: Engine, method: string, path: string, body?: object) =>
  engineCall<T>(labEngine(engine).localSocketPath, method, `/v1.41${path}`, body)

/** A container that begins as given. */
async function make(
  engine: Engine,
  name: string,
  { image = labImages.busybox, ...more }: { image?: string; [field: string]: unknown } = {},
) {
  const { Id } = await direct<{ Id: string }>(engine, 'POST', `/containers/create?name=${mark}-${name}`, {
    Image: image,
    Cmd: idle,
    HostConfig: { NetworkMode: 'none' },
    ...more,
  })
  return Id
}
const ofTeam = { Labels: { team: mark }, Tty: true, OpenStdin: true }

async function prepare(engine: Engine): Promise<Lab & { port: number }> {
  const ids = { mine: await make(engine, 'mine', ofTeam), theirs: await make(engine, 'theirs') }
  for (const id of Object.values(ids)) await direct(engine, 'POST', `/containers/${id}/start`)
  const { Image } = await direct<{ Image: string }>(engine, 'GET', `/containers/${ids.mine}/json`)
  const hex = Image.replace('sha256:', '')
  // The engine is not the test's alone: what takes away what others need, or asks somebody else, ends at the hop before it.
  const kept = new RegExp(
    [
      // In a parameter it comes escaped; untagged, it would be missing to everybody.
      `^DELETE \\S*(?:${ids.mine}|${hex}|${labImages.busybox}|${encodeURIComponent(labImages.busybox)})`,
      '^\\S+ \\S*(?:/prune|/images/(?:create|pull|load|import|search)|/push|/build|kube/play|play/kube)(?:\\?|$)',
    ].join('|'),
  )
  const proxy = await startRecordingProxy(labEngine(engine).localSocketPath, kept)
  proxies.push(proxy)
  return {
    recorded: proxy.recorded,
    port: proxy.port,
    ids,
    on: {
      hostId: '',
      flavour: engine.startsWith('podman') ? 'podman' : 'docker',
      id: ids.mine,
      image: labImages.busybox,
      imageId: `sha256:${hex}`,
      repository: `lab.internal/${mark}`,
      name: `${mark}-made`,
    },
  }
}

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const prepared = await Promise.all(engines.map(async (engine) => ({ engine, lab: await prepare(engine) })))
  const hosts = await addHosts(
    test,
    prepared.map(({ engine, lab: { port } }) => ({
      name: engine,
      transport: { kind: 'tcp', host: '127.0.0.1', port },
    })),
  )
  for (const { engine, lab } of prepared)
    labs.set(engine, { ...lab, on: { ...lab.on, hostId: hosts.get(engine) ?? '' } })
  people = await peopleAtDoors(test)
  const everything = await makeRole(test, 'Everything')
  const selectors: Record<'label' | 'name', ContainerSelector> = {
    label: { kind: 'label', key: 'team', value: mark },
    name: { kind: 'name', pattern: `${mark}-m?*` },
  }
  for (const kind of ['label', 'name'] as const) {
    const person = await join(test, kind, null)
    const containers = selectors[kind]
    await give(test, person, { effect: 'allow', role: everything, hosts: { kind: 'all' }, containers })
    inPart[kind] = await visitor(test, person)
  }
  const { fleet } = test.app.live
  for (const { ids, on } of labs.values())
    await vi.waitFor(
      () => {
        const known = Object.values(ids).map((id) => fleet.get('containers', on.hostId, id)?.id)
        expect(known).toEqual(Object.values(ids))
        expect(fleet.get('images', on.hostId, on.imageId)).toBeDefined()
      },
      { timeout: 30_000 },
    )
})
afterAll(async () => {
  await test?.close()
  for (const proxy of proxies) proxy.close()
  await Promise.all(
    engines.map(async (engine) => {
      const remove = (path: string) =>
        engineRequest(labEngine(engine).localSocketPath, 'DELETE', path).catch(() => {})
      const left = await direct<{ Id: string; Names: string[] }[]>(engine, 'GET', '/containers/json?all=1')
      if (engine.startsWith('podman')) await remove(`/v4.0.0/libpod/pods/${mark}-made?force=true`)
      for (const { Id, Names } of left)
        if (Names[0]?.startsWith(`/${mark}`)) await removeContainer(engine, Id)
      for (const name of ['made', 'made-folder', 'made-disk']) await remove(`/v1.41/volumes/${mark}-${name}`)
      for (const tag of ['1', '2', 'b', 'c']) await remove(`/v1.41/images/lab.internal/${mark}:${tag}`)
    }),
  )
})

/** What is told at a door, and what arrived at the engine meanwhile besides what is looked up. */
async function ask(engine: Engine, who: Visitor, asked: ByDoor, door: Door) {
  const request = asked[door]
  if (!request) return null
  const { recorded, on } = labs.get(engine) as Lab
  recorded.length = 0
  const told = await (door === 'dashboard'
    ? byDashboard(test, who, request)
    : byGateway(test, who, on.hostId, request))
  return { told, arrived: recorded.filter((line) => !background.test(line)), all: [...recorded] }
}

/** These are looked up and no more: the name of what is to be made anew is one that the walk has made. */
const lookedUp = ['image.view', 'container.recreate']

/** Other rows at each engine, so that all come up. */
const sampled = (engine: Engine, rows: ByDoor[]) => {
  const from = engines.indexOf(engine)
  return sampleOf([...rows.slice(from), ...rows.slice(0, from)], 6)
}

const within = ['start', 'exec', 'attach', 'files.read', 'files.write', 'logs', 'changes', 'processes']

it.concurrent.for(engines)(
  'on %s what somebody lacks is refused before the engine hears of it, and what they have gets through, at both doors',
  { timeout: 300_000 },
  async (engine, { expect }) => {
    const { ids, on, recorded } = labs.get(engine) as Lab
    const { label, name } = inPart as Required<typeof inPart>
    const acts = sampled(engine, actsAt(on))
    const foreign = sampled(engine, actsAt({ ...on, id: ids.theirs }))
    const wrong: string[] = []

    // All that is refused comes first: what was let through is still ending things at the engine later.
    const refused = async (who: Visitor, called: string, asked: ByDoor, door: Door) => {
      const answer = await ask(engine, who, asked, door)
      if (answer && (answer.told !== 'denied' || answer.arrived.length > 0))
        wrong.push(`${called} ${door} ${asked.act}: ${answer.told} ${answer.arrived.join(' ')}`)
    }
    for (const door of doors) {
      for (const asked of foreign) await refused(label, 'label', asked, door)
      // The dashboard's fleet has one answer for both; the gateway asks the engine each time.
      if (door === 'gateway')
        for (const asked of foreign.filter(({ act }) => act.startsWith('container.')))
          await refused(name, 'name', asked, door)
      for (const { name: called, permissions, who } of people)
        for (const asked of acts)
          if (expectedAt(door, asked.act, permissions) === 'denied') await refused(who, called, asked, door)
    }
    // In each way to say it, it is as one that is not there.
    const { theirs } = ids
    for (const said of [theirs, theirs.slice(0, 12), theirs.slice(0, 5), `${mark}-theirs`, `${mark}-THEIRS`])
      if ((await byGateway(test, label, on.hostId, ['GET', `/containers/${said}/json`])) !== 'denied')
        wrong.push(`label sees ${said}`)
    expect(wrong).toEqual([])

    const heard = async (who: Visitor, called: string, asked: ByDoor, door: Door) => {
      // What a prune of the dashboard names is in use here, and is left without asking.
      if (door === 'dashboard' && asked.dashboard?.[1] === '/api/prune') return
      // Docker 20.10 may not thaw a container in which a terminal is just ending.
      if (asked.act === 'container.pause') return
      // An engine that is busy may not have said in time what is looked up first, or hangs up on a raw stream.
      for (let tries = 3; ; tries--) {
        const answer = await ask(engine, who, asked, door).catch((error: Error) => error)
        if (answer === null) return
        const isHeard =
          !(answer instanceof Error) &&
          answer.told === 'allowed' &&
          (lookedUp.includes(asked.act) ? answer.all : answer.arrived).length > 0
        if (isHeard) return
        if (tries > 1) continue
        const said = answer instanceof Error ? answer.message : `${answer.told} ${answer.all.join(' ')}`
        wrong.push(`${called} ${door} ${asked.act}: ${said}`)
        return
      }
    }
    const fromLeast = people.toSorted((a, b) => a.permissions.length - b.permissions.length)
    for (const door of doors) {
      for (const asked of acts.filter(({ act }) => within.includes(act.replace('container.', ''))))
        for (const [called, who] of Object.entries({ label, name })) await heard(who, called, asked, door)
      // Once each, by who has least of those that may.
      for (const asked of acts) {
        const may = fromLeast.find(
          ({ permissions }) => expectedAt(door, asked.act, permissions) === 'allowed',
        ) as PersonAtDoors
        await heard(may.who, may.name, asked, door)
      }
    }
    expect(wrong).toEqual([])

    // Theirs to remove, too: by its id, whoever has taken the name meanwhile.
    const [first, second] = [`mine-${made++}`, `mine-${made++}`]
    const [one, other] = [await make(engine, first, ofTeam), await make(engine, second)]
    const { fleet } = test.app.live
    await expect.poll(() => fleet.get('containers', on.hostId, one)).toBeDefined()
    recorded.length = 0
    await byDashboard(test, label, ['DELETE', `/api/hosts/${on.hostId}/containers/${one}?force=true`])
    await byGateway(test, name, on.hostId, ['DELETE', `/containers/${mark}-${second}?force=1`])
    const { localSocketPath } = labEngine(engine)
    for (const id of [one, other])
      expect((await engineRequest(localSocketPath, 'GET', `/v1.41/containers/${id}/json`)).status).toBe(404)
    expect(recorded.filter((line) => line.startsWith('DELETE ')).at(-1)).toBe(
      `DELETE /v1.41/containers/${other}?force=1`,
    )
  },
)
