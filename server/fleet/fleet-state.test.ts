import { describe, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import type { LiveChange } from '#lib/fleet/live-protocol.ts'
import { createLog } from '../log.ts'
import { MemoryFleet } from './fleet-state.ts'

const container = (id: string, name = id, hostId = 'h1') => ({ hostId, id, name }) as unknown as Container

function observed() {
  const fleet = new MemoryFleet(() => [], createLog('silent'))
  const batches: { seq: number; changes: LiveChange[] }[] = []
  fleet.subscribe((batch) => batches.push(batch))
  return { fleet, batches }
}

describe('fleet state', () => {
  it('gathers changes into one batch and announces only what differs', () => {
    const { fleet, batches } = observed()
    fleet.put('containers', container('a'))
    fleet.put('containers', container('b'))
    fleet.flush()
    fleet.put('containers', container('a'))
    fleet.flush()
    expect(batches.map((batch) => batch.changes.length)).toEqual([2])
    fleet.put('containers', container('a', 'renamed'))
    fleet.flush()
    expect(batches[1]).toMatchObject({ seq: 2, changes: [{ type: 'put', object: { name: 'renamed' } }] })
  })

  it('turns a fresh list into removals and changes of that host alone', () => {
    const { fleet, batches } = observed()
    fleet.replace('containers', 'h1', [container('a'), container('b')])
    fleet.put('containers', container('a', 'a', 'h2'))
    fleet.flush()
    fleet.replace('containers', 'h1', [container('b'), container('c')])
    fleet.flush()
    expect(batches[1]?.changes).toEqual([
      { type: 'removed', kind: 'containers', hostId: 'h1', id: 'a' },
      { type: 'put', kind: 'containers', object: container('c') },
    ])
    expect(fleet.get('containers', 'h2', 'a')).toBeDefined()
  })

  it('takes no rows of a host that was removed', () => {
    const { fleet, batches } = observed()
    fleet.put('containers', container('a'))
    fleet.removeHost('h1')
    fleet.put('containers', container('a'))
    fleet.replace('containers', 'h1', [container('b')])
    fleet.flush()
    expect(fleet.all('containers')).toEqual([])
    expect(batches.at(-1)?.changes.at(-1)).toEqual({ type: 'hostRemoved', hostId: 'h1' })
  })

  it('gives a browser what it missed, and says when it cannot', () => {
    const { fleet } = observed()
    for (const id of ['a', 'b', 'c']) {
      fleet.put('containers', container(id))
      fleet.flush()
    }
    expect(fleet.since(3)).toEqual([])
    expect(fleet.since(1)?.map((batch) => batch.seq)).toEqual([2, 3])
    expect(fleet.since(4)).toBeNull()
  })

  it('forgets old batches but never answers with a hole', () => {
    const { fleet } = observed()
    for (let round = 0; round < 30; round++) {
      fleet.replace(
        'containers',
        'h1',
        Array.from({ length: 1000 }, (_, index) => container(`${index}`, `${round}`)),
      )
      fleet.flush()
    }
    expect(fleet.since(1)).toBeNull()
    expect(fleet.since(25)?.map((batch) => batch.seq)).toEqual([26, 27, 28, 29, 30])
  })

  it('removes a host with all it had', () => {
    const { fleet, batches } = observed()
    fleet.put('containers', container('a'))
    fleet.flush()
    fleet.removeHost('h1')
    fleet.flush()
    expect(fleet.all('containers')).toEqual([])
    expect(batches.at(-1)?.changes).toEqual([{ type: 'hostRemoved', hostId: 'h1' }])
  })
})
