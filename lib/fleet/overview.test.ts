import { describe, expect, it } from 'vitest'
import type { Acknowledgement } from '../contracts/attention.ts'
import type { Container } from '../contracts/containers.ts'
import type { Host } from '../contracts/hosts.ts'
import type { Image } from '../contracts/images.ts'
import {
  containerProblem,
  fleetTotals,
  groupAttention,
  hostProblem,
  isSeen,
  needsAttention,
} from './overview.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const before = (ms: number) => new Date(now - ms).toISOString()
const [minute, day] = [60_000, 86_400_000]

const container = (change: Partial<Container>) =>
  ({
    hostId: 'a',
    id: '1',
    imageId: 'i1',
    state: 'running',
    health: 'none',
    exitCode: null,
    oomKilled: false,
    finishedAt: null,
    ...change,
  }) as Container
const host = (change: Partial<Host>) =>
  ({
    id: 'a',
    state: 'online',
    stateSince: before(minute),
    transport: { kind: 'unix' },
    engine: null,
    reading: { failed: [], odd: [], withoutEvents: null, notices: [] },
    ...change,
  }) as Host
const tls = (ends: string | null) => ({ kind: 'tls', certExpiresAt: ends }) as Host['transport']

const failing = (kind: 'containers' | 'volumes', code: string): Host['reading'] => ({
  failed: [{ kind, since: before(minute), error: { code, message: '' } }],
  odd: [],
  withoutEvents: null,
  notices: [],
})

describe('containerProblem', () => {
  const exited = (change: Partial<Container>) =>
    container({ state: 'exited', finishedAt: before(minute), ...change })
  it.each([
    ['a healthy one', container({ health: 'healthy' }), null],
    ['an unhealthy one', container({ health: 'unhealthy' }), 'unhealthy'],
    ['unhealthy when it ended', exited({ health: 'unhealthy', exitCode: 0 }), null],
    ['a crash loop', container({ state: 'restarting' }), 'restarting'],
    ['a dead one', container({ state: 'dead' }), 'dead'],
    ['a failure just now', exited({ exitCode: 3 }), 'exitedWithError'],
    ['a failure of yesterday', exited({ exitCode: 3, finishedAt: before(day) }), 'exitedWithError'],
    ['a failure at an unknown time', exited({ exitCode: 3, finishedAt: null }), 'exitedWithError'],
    ['a job that worked', exited({ exitCode: 0 }), null],
    ['one that was stopped', exited({ exitCode: 143 }), null],
    ['one that was killed', exited({ exitCode: 137 }), null],
    ['one that ran out of memory', exited({ exitCode: 137, oomKilled: true }), 'oomKilled'],
    ['one never started', container({ state: 'created', error: null }), null],
    [
      'one whose start failed',
      container({ state: 'created', error: 'no such file', createdAt: before(minute) }),
      'startFailed',
    ],
    [
      'one whose start failed yesterday',
      container({ state: 'created', error: 'no such file', createdAt: before(day) }),
      'startFailed',
    ],
    ['one running again after it ran out of memory', container({ oomKilled: true }), null],
  ])('%s', (_, subject, problem) => expect(containerProblem(subject)).toBe(problem))
})

describe('hostProblem', () => {
  it.each([
    ['online', host({}), null],
    ['connecting', host({ state: 'connecting' }), null],
    ['paused', host({ state: 'paused', transport: tls(before(day)) }), null],
    ['unreachable', host({ state: 'unreachable' }), 'unreachable'],
    ['containers that cannot be read', host({ reading: failing('containers', 'engine_error') }), 'unread'],
    [
      'containers that may not be',
      host({ reading: failing('containers', 'engine_rights_missing') }),
      'unread',
    ],
    ['volumes that cannot be read', host({ reading: failing('volumes', 'engine_error') }), 'unread'],
    ['volumes that a proxy hides', host({ reading: failing('volumes', 'engine_rights_missing') }), null],
    ['certificate of two years', host({ transport: tls(before(-700 * day)) }), null],
    ['certificate of two weeks', host({ transport: tls(before(-14 * day)) }), 'certificateEnding'],
    ['certificate that ended', host({ transport: tls(before(day)) }), 'certificateEnding'],
    ['no certificate known', host({ transport: tls(null) }), null],
  ])('%s', (_, subject, problem) => expect(hostProblem(subject, now)).toBe(problem))
})

describe('needsAttention', () => {
  it('puts lost hosts first, leaves out the old containers of them, and orders by weight', () => {
    const hosts = [host({ id: 'a' }), host({ id: 'b', state: 'unreachable' })]
    const found = needsAttention(
      new Map(hosts.map((each) => [each.id, each])),
      hosts,
      [
        container({ id: '1', health: 'unhealthy' }),
        container({ id: '2', hostId: 'b', health: 'unhealthy' }),
        container({ id: '3', state: 'exited', exitCode: 1, finishedAt: before(minute) }),
        container({ id: '4', state: 'exited', exitCode: 1, finishedAt: before(2 * minute) }),
        container({ id: '5', state: 'restarting' }),
      ],
      new Map(),
      now,
    )
    expect(found.map((item) => item.key)).toEqual(['b', 'a/5', 'a/1', 'a/3', 'a/4'])
  })
  it('knows what somebody has seen: that failure, and not the next one', () => {
    const crashed = container({ state: 'exited', exitCode: 1, finishedAt: before(day) })
    const entry = { problem: 'exitedWithError', at: before(day), by: 'Ada' } as Acknowledgement
    const seen = (subject: Container) =>
      needsAttention(new Map(), [], [subject], new Map([['a/1', entry]]), now).map(isSeen)
    expect(seen(crashed)).toEqual([true])
    expect(seen({ ...crashed, finishedAt: before(minute) })).toEqual([false])
    expect(seen({ ...crashed, oomKilled: true })).toEqual([false])
    expect(seen(container({ health: 'unhealthy' }))).toEqual([false])
  })
  it('makes one of the same failure of one name on many hosts', () => {
    const sick = (hostId: string, name: string) => container({ hostId, name, health: 'unhealthy' })
    const found = needsAttention(
      new Map(),
      [],
      [sick('a', 'web'), sick('b', 'web'), sick('b', 'db')],
      new Map(),
      now,
    )
    expect(groupAttention(found).map(({ items }) => items.length)).toEqual([2, 1])
  })
})

describe('fleetTotals', () => {
  it('counts states, capacity and images that nothing uses on their own host', () => {
    const engine = { cpus: 4, memoryBytes: 1024 } as Host['engine']
    const image = (hostId: string, id: string) => ({ hostId, id, size: 10 }) as Image
    expect(
      fleetTotals(
        [host({ engine }), host({ id: 'b', state: 'paused' })],
        [container({ health: 'unhealthy' }), container({ id: '2', state: 'exited' })],
        [image('a', 'i1'), image('b', 'i1'), image('a', 'i2')],
      ),
    ).toEqual({
      hosts: { online: 1, total: 2, paused: 1 },
      containers: { total: 2, running: 1, unhealthy: 1, paused: 0, exited: 1 },
      cpus: 4,
      memoryBytes: 1024,
      unusedImageBytes: 20,
    })
  })
})
