import { describe, expect, it } from 'vitest'
import type { Container } from '../contracts/containers.ts'
import type { Host } from '../contracts/hosts.ts'
import { applyLive, emptyFleet, objectKey } from './apply-live.ts'
import type { FleetFrame, LiveChange } from './live-protocol.ts'

const now = '2026-01-01T00:00:00.000Z'
const host = (id: string, state = 'online') => ({ id, name: id, state }) as Host
const container = (hostId: string, id: string, state = 'running') => ({ hostId, id, state }) as Container
const snapshot = (hosts: Host[], containers: Container[], seq = 5): FleetFrame => ({
  type: 'snapshot',
  epoch: 'e1',
  seq,
  now,
  snapshot: { hosts, containers, images: [], volumes: [], networks: [], pods: [] },
})
const delta = (seq: number, ...changes: LiveChange[]): FleetFrame => ({ type: 'delta', seq, changes })
const full = () =>
  applyLive(emptyFleet, snapshot([host('a'), host('b')], [container('a', '1'), container('b', '1')]))

describe('applyLive', () => {
  it('takes a snapshot whole, in place of what was there', () => {
    const fleet = full()
    expect(fleet.seq).toBe(5)
    expect([...fleet.containers.keys()]).toEqual(['a/1', 'b/1'])
    const next = applyLive(fleet, snapshot([host('b')], [], 1))
    expect([...next.hosts.keys()]).toEqual(['b'])
    expect(next.containers.size).toBe(0)
    expect(next.seq).toBe(1)
  })

  it('puts and removes, and replaces only the maps that changed', () => {
    const before = full()
    const after = applyLive(
      before,
      delta(
        6,
        { type: 'put', kind: 'containers', object: container('a', '1', 'exited') },
        { type: 'removed', kind: 'containers', hostId: 'b', id: '1' },
      ),
    )
    expect(after.containers.get(objectKey('a', '1'))?.state).toBe('exited')
    expect(after.containers.has('b/1')).toBe(false)
    expect(after.hosts).toBe(before.hosts)
    expect(after.images).toBe(before.images)
    expect(before.containers.get('a/1')?.state).toBe('running')
  })

  it('keeps the same id on another host apart', () => {
    const after = applyLive(full(), delta(6, { type: 'removed', kind: 'containers', hostId: 'a', id: '1' }))
    expect([...after.containers.keys()]).toEqual(['b/1'])
  })

  it('removes a host with everything on it', () => {
    const after = applyLive(full(), delta(6, { type: 'hostRemoved', hostId: 'a' }))
    expect([...after.hosts.keys()]).toEqual(['b'])
    expect([...after.containers.keys()]).toEqual(['b/1'])
  })

  it('ignores a delta that it has, and keeps its data over a resume', () => {
    const before = full()
    expect(applyLive(before, delta(5, { type: 'hostRemoved', hostId: 'a' }))).toBe(before)
    const resumed = applyLive(before, { type: 'resumed', epoch: 'e1', seq: 8, now })
    // What was missed comes after `resumed` with a lower seq than it names.
    const after = applyLive(resumed, delta(7, { type: 'host', host: host('c') }))
    expect([...after.hosts.keys()]).toEqual(['a', 'b', 'c'])
  })
})
