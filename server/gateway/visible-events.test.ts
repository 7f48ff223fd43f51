import { describe, expect, it } from 'vitest'
import type { Seen } from './seen.ts'
import { isSeenEvent, ToldContainers } from './visible-events.ts'

const [mine, hidden, network] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string]
const facts = (id: string) => ({ id, name: id.slice(0, 3), labels: {} })
const seen = {
  processes: ({ id }: { id: string }) => id !== hidden,
  objects: () => true,
  known: () => undefined,
  find: async (id: string) => (id === network ? null : facts(id)),
} as unknown as Seen
const event = (Type: string, Action: string, ID: string, Attributes = {}) => ({
  Type,
  Action,
  Actor: { ID, Attributes },
})

describe('events of a network', () => {
  it.each([
    // Docker tells network and container, Podman the container as what the event is of.
    [event('network', 'connect', network, { container: mine, name: 'n' }), true],
    [event('network', 'connect', network, { container: hidden, name: 'n' }), false],
    [event('network', 'connect', mine, { name: 'mine', network: 'n' }), true],
    [event('network', 'connect', hidden, { name: 'hidden', network: 'n' }), false],
    [event('network', 'disconnect', hidden, { name: 'hidden', network: 'n' }), false],
    [event('network', 'disconnect', 'hidden', { name: 'hidden' }), false],
    [event('network', 'create', network, { name: 'n' }), true],
    [event('network', 'remove', 'n', { name: 'n' }), true],
  ])('%j is told: %s', async (each, told) => {
    expect(await isSeenEvent(each, seen, new ToldContainers())).toBe(told)
  })
})

describe('what a stream knows of containers', () => {
  it('ends with them', async () => {
    const told = new ToldContainers()
    for (const [from, last] of [
      ['a', 'destroy'],
      ['b', 'remove'],
    ] as const)
      for (let index = 0; index < 100; index++) {
        const id = `${from}${index}`
        expect(await isSeenEvent(event('container', 'start', id), seen, told)).toBe(true)
        expect(told.get(id)).toEqual(facts(id))
        expect(await isSeenEvent(event('container', last, id), seen, told)).toBe(true)
      }
    expect(told.size).toBe(0)
  })

  it('is bounded where their ends are filtered out, and of the last ones', async () => {
    const told = new ToldContainers()
    for (let index = 0; index < 5000; index++)
      await isSeenEvent(event('container', 'start', `c${index}`), seen, told)
    expect(told.size).toBe(1000)
    expect(told.get('c4999')).toBeDefined()
  })
})
