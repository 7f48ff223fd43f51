import { afterEach, expect, it } from 'vitest'
import { keepSending, type Sending } from './sending.ts'

let sending: Sending | undefined
afterEach(() => sending?.stop())

const times = { lookMs: 5, baseMs: 5, capMs: 20 }
const nothing = () => {}

it('goes on at once while there is more, and looks again where there is nothing', async () => {
  const rounds: number[] = []
  sending = keepSending({
    round: async () => rounds.push(Date.now()) < 4,
    failed: nothing,
    recovered: nothing,
    ended: nothing,
    times: { ...times, lookMs: 300 },
  })
  await expect.poll(() => rounds.length).toBe(5)
  expect((rounds[3] ?? 0) - (rounds[0] ?? 0)).toBeLessThan(250)
  expect((rounds[4] ?? 0) - (rounds[3] ?? 0)).toBeGreaterThan(250)
})

it('calls again what failed, tells of the first failure and of the recovery alone, and knows the last error', async () => {
  const told: string[] = []
  let left = 3
  sending = keepSending({
    async round() {
      if (left-- > 0) throw new Error(`down ${left}`)
      return false
    },
    failed: (cause) => told.push((cause as Error).message),
    recovered: () => told.push('recovered'),
    ended: nothing,
    times,
  })
  await expect.poll(() => told).toEqual(['down 2', 'recovered'])
  expect(sending.error()).toBeNull()
})

it('gives up what is being sent when it is stopped, and tells no failure of it', async () => {
  const told: unknown[] = []
  const begun = Promise.withResolvers<void>()
  sending = keepSending({
    round: (signal) =>
      new Promise((_, reject) => {
        begun.resolve()
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      }),
    failed: (cause) => told.push(cause),
    recovered: nothing,
    ended: (cause) => told.push(cause),
    times,
  })
  await begun.promise
  await sending.stop()
  expect([told, sending.error()]).toEqual([[], null])
})

it('ends, and tells it, when it cannot begin', async () => {
  const told: unknown[] = []
  sending = keepSending({
    begin: () => Promise.reject(new Error('no position')),
    round: () => Promise.reject(new Error('never asked')),
    failed: (cause) => told.push(cause),
    recovered: nothing,
    ended: (cause) => told.push((cause as Error).message),
    times,
  })
  await expect.poll(() => told).toEqual(['no position'])
})
