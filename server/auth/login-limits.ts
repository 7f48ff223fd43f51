import { randomUUID } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'

const windowMs = 5 * 60_000
/** Failures in the window: of one account, and of one IPv4 address or IPv6 /64. */
const limits = { account: 5, address: 20 }

export interface LoginLimits {
  /**
   * Counts an attempt as failed before the password is looked at, so that guesses sent at once cannot pass together.
   * Throws login_limited with the seconds to wait. Call what it returns when the attempt succeeded.
   */
  attempt(account: string, address: string): Promise<() => Promise<void>>
}

/** Counts sign-ins that failed in the database, so that a restart forgives nobody. */
export function createLoginLimits(db: Database, now: () => number = Date.now): LoginLimits {
  return {
    async attempt(account, address) {
      await db
        .deleteFrom('login_failures')
        .where('at', '<', now() - windowMs)
        .execute()
      const buckets = [
        { id: randomUUID(), bucket: `account:${account.toLowerCase()}`, limit: limits.account },
        { id: randomUUID(), bucket: `address:${network(address)}`, limit: limits.address },
      ]
      const ids = buckets.map(({ id }) => id)
      const at = now()
      await db
        .insertInto('login_failures')
        .values(buckets.map(({ id, bucket }) => ({ id, bucket, at })))
        .execute()
      for (const { id, bucket, limit } of buckets) {
        const others = await db
          .selectFrom('login_failures')
          .select('at')
          .where('bucket', '=', bucket)
          .where('id', '!=', id)
          .orderBy('at', 'desc')
          .limit(limit)
          .execute()
        const oldest = others.at(-1)
        if (others.length >= limit && oldest) {
          // A refused attempt does not prolong the wait.
          await db.deleteFrom('login_failures').where('id', 'in', ids).execute()
          const seconds = Math.max(1, Math.ceil((Number(oldest.at) + windowMs - now()) / 1000))
          throw new AppError('login_limited', { params: { seconds } })
        }
      }
      return async () => {
        const [own] = buckets
        await db.deleteFrom('login_failures').where('id', 'in', ids).execute()
        if (own) await db.deleteFrom('login_failures').where('bucket', '=', own.bucket).execute()
      }
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
