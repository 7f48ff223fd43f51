import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StatsPoint } from '#lib/contracts/stats.ts'
import type { StatsReading } from '../../engine/stats.ts'
import { createLog } from '../../log.ts'
import { fleetChanges, fleetHistory } from './fleet-frames.ts'
import { StatsStore } from './store.ts'

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
/** After `seconds` at half a core, with 1 MiB. */
const reading = (id: string, seconds: number): StatsReading => ({
  id,
  at: seconds * 1000,
  cpuNano: seconds * 0.5e9,
  systemNano: null,
  onlineCpus: null,
  memoryBytes: 1024 * 1024,
  memoryLimitBytes: 4096,
  receivedBytes: 0,
  sentBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  pids: 1,
})

let store: StatsStore
let known: Set<string>
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000_000, toFake: ['Date'] })
  known = new Set([a, b])
  store = new StatsStore((_, id) => known.has(id), createLog('silent'))
  return () => vi.useRealTimers()
})
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const hostNow = () => store.hosts.get('h1')?.series.last()?.slice(1, 3)

describe('the sums of a host', () => {
  it('are of the containers that run and are known', () => {
    store.addCoarse('h1', reading(a, 1))
    store.closeStep('h1', [a, b])
    expect(hostNow()).toEqual([null, 1024 * 1024])
    pass(20)
    store.addCoarse('h1', reading(a, 21))
    store.addCoarse('h1', reading(b, 21))
    store.closeStep('h1', [a, b])
    expect(hostNow()).toEqual([50, 2 * 1024 * 1024])
    // b has stopped: what it used last is not used now.
    store.closeStep('h1', [a])
    expect(hostNow()).toEqual([50, 1024 * 1024])
  })

  it('are nothing where nothing runs, and unknown where nothing answers', () => {
    store.closeStep('h1', [])
    expect(hostNow()).toEqual([0, 0])
    store.addCoarse('h1', reading(a, 1))
    pass(120)
    store.closeStep('h1', [a])
    expect(hostNow()).toEqual([null, null])
  })

  it('break once when the host is lost, with all it runs', () => {
    store.addCoarse('h1', reading(a, 1))
    pass(20)
    store.addCoarse('h1', reading(a, 21))
    store.closeStep('h1', [a])
    store.loseHost('h1')
    store.loseHost('h1')
    expect(store.hosts.get('h1')?.series.length).toBe(2)
    expect(hostNow()).toEqual([null, null])
    expect(store.history('h1', a)?.coarse.length).toBe(3)
  })
})

describe('what is told', () => {
  it('a viewer hears live samples of its container only, until it leaves', () => {
    const heard: StatsPoint[] = []
    const leave = store.listen(...(['h1', a, (point: StatsPoint) => heard.push(point), () => {}] as const))
    store.addFine('h1', reading(a, 1))
    store.addFine('h1', reading(b, 1))
    store.addGap('h1', a)
    leave()
    store.addFine('h1', reading(a, 2))
    expect(heard.map((point) => point[2])).toEqual([1024 * 1024, null])
  })

  it('keeps of a host’s stream only the low rate of what nobody watches', () => {
    for (let second = 1; second <= 43; second++) {
      pass(1)
      store.addFine('h1', reading(a, second))
    }
    expect(
      store
        .history('h1', a)
        ?.points()
        .map(([at]) => (at - 1_000_000_000_000) / 1000),
    ).toEqual([1, 3, 23, 43])
  })

  it('the summary begins with the history and goes on by what changed since', () => {
    store.addCoarse('h1', reading(a, 1))
    pass(20)
    store.addCoarse('h1', reading(a, 21))
    store.closeStep('h1', [a])
    const short = a.slice(0, 12)
    expect(fleetHistory(store)).toEqual([
      {
        hostId: 'h1',
        cpu: [50],
        memory: [1024 * 1024],
        containers: [[short, [null, 50], [1024 * 1024, 1024 * 1024], 4096]],
      },
    ])
    expect(fleetChanges(store.takeChanges())).toEqual([
      { hostId: 'h1', point: [50, 1024 * 1024], containers: [[short, 50, 1024 * 1024, 4096]], gone: [] },
    ])
    expect(store.takeChanges().size).toBe(0)
    store.removeContainer('h1', a)
    store.removeContainer('h1', a)
    expect(fleetChanges(store.takeChanges())).toEqual([{ hostId: 'h1', containers: [], gone: [short] }])
    expect(fleetHistory(store)[0]?.containers).toEqual([])
    known.delete(a)
    store.addCoarse('h1', reading(a, 41))
    store.addFine('h1', reading(a, 42))
    expect(fleetHistory(store)[0]?.containers).toEqual([])
    store.removeHost('h1')
    expect(fleetHistory(store)).toEqual([])
  })
})
