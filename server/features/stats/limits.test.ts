import { afterEach, expect, it, vi } from 'vitest'
import type { EngineClient } from '../../engine/types.ts'
import type { Log } from '../../log.ts'
import { createLimits } from './limits.ts'

afterEach(() => vi.useRealTimers())

it('asks the engine once for fifty who look at one container, and tells each of them', async () => {
  vi.useFakeTimers()
  let asked = 0
  let cores = 2
  const engine = {
    containers: {
      async inspect() {
        asked++
        return { HostConfig: { NanoCpus: cores * 1e9 } }
      },
    },
  } as unknown as EngineClient
  const limits = createLimits(() => engine, { debug() {} } as unknown as Log)
  const told: (number | null)[] = []
  const stops = Array.from({ length: 49 }, () => limits.follow('h', 'c', (limit) => told.push(limit)))
  await vi.advanceTimersByTimeAsync(1)
  expect(told).toEqual(Array(49).fill(2))
  stops.push(limits.follow('h', 'c', (limit) => told.push(limit)))
  // Who comes later is told what is known.
  expect(told).toHaveLength(50)
  expect(asked).toBe(1)
  cores = 3
  await vi.advanceTimersByTimeAsync(30_000)
  expect(told.slice(50)).toEqual(Array(50).fill(3))
  expect(asked).toBe(2)
  for (const stop of stops) stop()
  await vi.advanceTimersByTimeAsync(90_000)
  expect(asked).toBe(2)
  const stop = limits.follow('h', 'c', (limit) => told.push(limit))
  await vi.advanceTimersByTimeAsync(1)
  expect(asked).toBe(3)
  stop()
})
