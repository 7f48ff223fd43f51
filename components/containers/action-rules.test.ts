import { describe, expect, it } from 'vitest'
import type { Container, ContainerState } from '#lib/contracts/containers.ts'
import { isPossible, planBulk, runStaged } from './action-rules.ts'

const container = (state: ContainerState, hostId = 'h1', name = state) =>
  ({ state, hostId, name }) as unknown as Container

describe('which action fits which state', () => {
  it.each([
    ['start', 'running', false],
    ['start', 'exited', true],
    ['stop', 'exited', false],
    ['unpause', 'running', false],
    ['unpause', 'paused', true],
    ['kill', 'created', false],
    ['remove', 'running', true],
  ] as const)('%s while %s: %s', (action, state, fits) => {
    expect(isPossible(action, container(state))).toBe(fits)
  })
  it('leaves running containers out of a remove without force', () => {
    const all = [container('running'), container('exited')]
    expect(planBulk('remove', all, false).skip.map((c) => c.name)).toEqual(['running'])
    expect(planBulk('remove', all, true).skip).toEqual([])
  })
})

describe('staged work', () => {
  it('keeps to its widths and reaches everything', async () => {
    const items = Array.from({ length: 20 }, (_, index) => ({ hostId: index < 15 ? 'slow' : 'quick', index }))
    let running = 0
    let most = 0
    const perHost = new Map<string, number>()
    const done: number[] = []
    await runStaged(items, { width: 4, perHost: 2 }, new AbortController().signal, async (item) => {
      perHost.set(item.hostId, (perHost.get(item.hostId) ?? 0) + 1)
      most = Math.max(most, ++running)
      expect(perHost.get(item.hostId)).toBeLessThanOrEqual(2)
      await new Promise((resolve) => setTimeout(resolve, item.hostId === 'slow' ? 5 : 1))
      running--
      perHost.set(item.hostId, (perHost.get(item.hostId) ?? 1) - 1)
      done.push(item.index)
    })
    expect(done.sort((a, b) => a - b)).toEqual(items.map((item) => item.index))
    expect(most).toBe(4)
  })
  it('takes no more once aborted, and waits for what runs', async () => {
    const stop = new AbortController()
    let finished = 0
    await runStaged(
      Array.from({ length: 10 }, () => ({ hostId: 'h' })),
      { width: 2, perHost: 2 },
      stop.signal,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 2))
        finished++
        stop.abort()
      },
    )
    expect(finished).toBe(2)
  })
})
