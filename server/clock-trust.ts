import type { Database } from './db/schema.ts'

const hourMs = 3600 * 1000
const dayMs = 24 * hourMs

export interface ClockTrust {
  /** Whether something may be removed for its age. */
  agrees(): boolean
}

/**
 * Nothing is removed for its age by a clock that may be wrong. It is believed when it began within a day of the newest
 * instant that the database knows, and else after a day of uptime; and a day after it jumped by more than an hour.
 * @param newest milliseconds since the epoch; null for a database that knows none.
 * @param now the clock that people set, and one that only goes forward, in milliseconds.
 */
export function createClockTrust(
  newest: number | null,
  now = { wall: () => Date.now(), steady: () => performance.now() },
): ClockTrust {
  const offset = () => now.wall() - now.steady()
  const isNear = newest === null || Math.abs(now.wall() - newest) <= dayMs
  let trustedFrom = isNear ? now.steady() : now.steady() + dayMs
  let last = offset()
  return {
    agrees() {
      const next = offset()
      if (Math.abs(next - last) > hourMs) trustedFrom = now.steady() + dayMs
      last = next
      return now.steady() >= trustedFrom
    },
  }
}

/** The newest instant at which something was done, in milliseconds; null where nothing was. */
export async function newestInstant(db: Database): Promise<number | null> {
  const archives = await db.selectFrom('archives').select('document').execute()
  const tasks = await db.selectFrom('tasks').select('created_at').execute()
  const sessions = await db.selectFrom('session').select('updatedAt').execute()
  const used = archives.flatMap(({ document }) => {
    try {
      return String((JSON.parse(document) as { usedAt?: unknown }).usedAt)
    } catch {
      return []
    }
  })
  const instants = [
    ...used,
    ...tasks.map((task) => task.created_at),
    ...sessions.map((one) => String(one.updatedAt)),
  ]
    .map((text) => Date.parse(text))
    .filter(Number.isFinite)
  return instants.length === 0 ? null : instants.reduce((a, b) => Math.max(a, b))
}
