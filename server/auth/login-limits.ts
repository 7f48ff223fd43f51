import { randomUUID } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'

const windowMs = 5 * 60_000
/** Failures in the window: of one account, and of one IPv4 address or IPv6 /64. */
const limits = { account: 5, address: 20 }

export interface LoginLimits {
  /** Throws login_limited with the seconds to wait. */
  check(account: string, address: string): Promise<void>
  failed(account: string, address: string): Promise<void>
  succeeded(account: string): Promise<void>
}

/** Counts failed sign-ins in the database, so that a restart forgives nobody. */
export function createLoginLimits(db: Database, now: () => number = Date.now): LoginLimits {
  const buckets = (account: string, address: string) => [
    { bucket: `account:${account.toLowerCase()}`, limit: limits.account },
    { bucket: `address:${network(address)}`, limit: limits.address },
  ]
  return {
    async check(account, address) {
      for (const { bucket, limit } of buckets(account, address)) {
        const failures = await db
          .selectFrom('login_failures')
          .select('at')
          .where('bucket', '=', bucket)
          .where('at', '>', now() - windowMs)
          .orderBy('at', 'desc')
          .limit(limit)
          .execute()
        const oldest = failures.at(-1)
        if (failures.length >= limit && oldest) {
          const seconds = Math.ceil((Number(oldest.at) + windowMs - now()) / 1000)
          throw new AppError('login_limited', { params: { seconds } })
        }
      }
    },
    async failed(account, address) {
      await db
        .deleteFrom('login_failures')
        .where('at', '<', now() - windowMs)
        .execute()
      const rows = buckets(account, address).map(({ bucket }) => ({ id: randomUUID(), bucket, at: now() }))
      await db.insertInto('login_failures').values(rows).execute()
    },
    async succeeded(account) {
      await db.deleteFrom('login_failures').where('bucket', '=', `account:${account.toLowerCase()}`).execute()
    },
  }
}

/** An IPv6 customer has a /64 at least: one address of it is as good as another. */
export function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail = ''] = plain.split('::')
  const left = head.split(':').filter(Boolean)
  const right = plain.includes('::') ? tail.split(':').filter(Boolean) : []
  const groups = [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
