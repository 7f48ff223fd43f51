import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ActName, actOf, acts } from '#lib/acts.ts'
import type { NewGrant } from '#lib/contracts/access.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { type ActedOn, actsAt } from '../testing/acts-at-doors.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { give, join, makeRole } from '../testing/people.ts'
import {
  background,
  expectedAt,
  lacks,
  type PersonAtDoors,
  peopleAtDoors,
} from '../testing/people-at-doors.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'
import { type Asked, byDashboard, byGateway, type Visitor, visitor } from '../testing/two-doors.ts'

const id = 'd'.repeat(64)
const image = `sha256:${'e'.repeat(64)}`
const all = { kind: 'all' } as const

let test: AppUnderTest
const engines: Awaited<ReturnType<typeof startRecordingEngine>>[] = []
const hosts: Record<string, string> = {}
const people: PersonAtDoors[] = []
const flavours = ['docker', 'podman'] as const
const at = (flavour: (typeof flavours)[number]): ActedOn => ({
  hostId: hosts[flavour] as string,
  flavour,
  id,
  image: 'taken:1',
  imageId: image,
  repository: 'free',
  name: 'fresh',
})

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const flavour of flavours) {
    const engine = await startRecordingEngine(flavour)
    engines.push(engine)
    const document = {
      Id: id,
      Name: '/web',
      Image: image,
      Config: { Labels: {}, Image: 'taken:1' },
      HostConfig: {},
      State: { Running: false },
      Mounts: [],
      NetworkSettings: { Networks: {} },
    }
    const container = {
      Id: id,
      Names: ['/web'],
      Labels: {},
      Image: 'taken:1',
      ImageID: image,
      State: 'exited',
      // Podman's rows have them always.
      Status: '',
      ExitCode: 0,
      StartedAt: 0,
      ExitedAt: 0,
      Created: 1,
    }
    const listed = { Id: image, RepoTags: ['taken:1'], Labels: {}, Size: 1, Created: 1 }
    Object.assign(engine.answers, {
      '/containers/json': [{ ...container, Ports: [] }],
      '/images/json': [listed],
      '/libpod/containers/json': [{ ...container, Names: ['web'], Ports: [] }],
      '/libpod/images/json': [listed],
      '/libpod/networks/json': [],
      '/libpod/pods/json': [],
      [`/containers/${id}/json`]: document,
      '/images/taken:1/json': { Id: image, Config: {} },
    })
    for (const tag of ['1', '2', '3']) engine.missing.add(`/images/free:${tag}/json`)
    const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
    hosts[flavour] = ((await test.call('POST', '/api/hosts', { name: flavour, transport })).json as Host).id
  }
  people.push(...(await peopleAtDoors(test, lacks)))
  for (const flavour of flavours)
    await vi.waitFor(
      () => expect(test.app.live.fleet.get('images', hosts[flavour] as string, image)).toBeDefined(),
      { timeout: 30_000 },
    )
})
afterAll(async () => {
  await test?.close()
  for (const engine of engines) engine.close()
})

describe.each(flavours)('at %s both doors ask the same', (flavour) => {
  it('for each act and person, and nothing arrives of what is denied', async () => {
    const engine = engines[flavours.indexOf(flavour)] as (typeof engines)[number]
    const hostId = hosts[flavour] as string
    const wrong: string[] = []
    for (const { name, permissions, who } of people)
      for (const { act, dashboard, gateway } of actsAt(at(flavour))) {
        const ask = async (door: 'dashboard' | 'gateway', [, path]: Asked, answer: () => Promise<string>) => {
          const wanted = expectedAt(door, act, permissions)
          engine.recorded.length = 0
          const told = await answer()
          const arrived = engine.recorded.map(({ line }) => line).filter((line) => !background.test(line))
          if (told !== wanted || (wanted === 'denied' && arrived.length > 0))
            wrong.push(`${name} ${door} ${path} ${act}: ${told}, not ${wanted}; ${arrived.join(' ')}`)
        }
        if (dashboard) await ask('dashboard', dashboard, () => byDashboard(test, who, dashboard))
        if (gateway) await ask('gateway', gateway, () => byGateway(test, who, hostId, gateway))
      }
    expect(wrong).toEqual([])
  }, 300_000)

  it('of who is not signed in', async () => {
    const nobody: Visitor = { call: test.call, cookie: '', token: '' }
    const hostId = hosts[flavour] as string
    for (const { dashboard, gateway } of actsAt(at(flavour))) {
      if (dashboard) expect(await byDashboard(test, nobody, dashboard)).toBe('signed out')
      if (gateway) expect(await byGateway(test, nobody, hostId, gateway)).toBe('signed out')
    }
  })
})

it('what gives root says by which of what it needs, and how', () => {
  for (const name of Object.keys(acts) as ActName[]) {
    const { root, needs, hostWide = [] } = actOf(name)
    if (!root) continue
    expect(root.why.length).toBeGreaterThan(20)
    for (const permission of root.by) expect([...needs, ...hostWide]).toContain(permission)
  }
})

describe('a denial of one container', () => {
  it.each(['dashboard', 'gateway'])(
    'holds against the forced removal of its image at the %s',
    async (door) => {
      const person = await join(test, `part-${door}`, null)
      const permissions: Permission[] = [
        'containers.view',
        'containers.remove',
        'images.view',
        'images.remove',
        'gateway.use',
      ]
      const role = await makeRole(test, `part ${door}`, permissions)
      const grant: NewGrant = { effect: 'allow', role, hosts: all, containers: all }
      await give(test, person, grant)
      const who = await visitor(test, person)
      const denied = await makeRole(test, `visibility ${door}`, ['containers.view'])
      await give(test, person, {
        ...grant,
        effect: 'deny',
        role: denied,
        containers: { kind: 'name', pattern: 'web' },
      })
      const hostId = hosts.podman as string
      const forced =
        door === 'dashboard'
          ? await byDashboard(test, who, ['DELETE', `/api/hosts/${hostId}/images/${image}?force=true`])
          : await byGateway(test, who, hostId, ['DELETE', '/libpod/images/taken:1?force=true'])
      expect(forced).toBe('denied')
    },
  )

  it.each([
    ['that sees it', 'containers.prune', 'denied'],
    ['that does not see it', 'containers.view', 'allowed'],
  ] as const)(
    'holds against its removal among the ended ones by somebody %s',
    async (_, permission, told) => {
      const person = await join(test, `ended-${told}`, null)
      const permissions: Permission[] = ['containers.view', 'containers.prune', 'gateway.use']
      const role = await makeRole(test, `cleans ${told}`, permissions)
      const grant: NewGrant = { effect: 'allow', role, hosts: all, containers: all }
      await give(test, person, grant)
      const denied = await makeRole(test, `not ${permission}`, [permission])
      const containers = { kind: 'name', pattern: 'web' } as const
      await give(test, person, { ...grant, effect: 'deny', role: denied, containers })
      const who = await visitor(test, person)
      for (const [index, flavour] of flavours.entries()) {
        const hostId = hosts[flavour] as string
        const engine = engines[index] as (typeof engines)[number]
        engine.recorded.length = 0
        expect(await byGateway(test, who, hostId, ['POST', '/containers/prune'])).toBe('denied')
        // As one that is not there, it is none of those that are kept either.
        expect(
          await byDashboard(test, who, ['POST', '/api/prune', { hosts: [{ hostId, containers: [id] }] }]),
        ).toBe(told)
        expect(engine.recorded.filter(({ line }) => /prune|^DELETE/.test(line))).toEqual([])
      }
    },
  )
})
