import { randomUUID } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'
import { settleFuture } from './clock.ts'

const windowMs = 5 * 60_000
/** Failures in the window, from one IPv4 address or IPv6 /64. */
const fromNetwork = { account: 5, all: 20 }
/**
 * Those of one account, wherever they come from: many, since anybody may fail for anybody. Of who knows the password
 * already, few: a code has six digits.
 */
const fromAnywhere = { signIn: 50, code: 10 }
/** Of a session, and of all that a person has. */
const ofProofs = { session: 5, person: 20 }
/** Attempts that wait for those before them; more are refused at once. */
const mostWaiting = 100

export interface LoginLimits {
  /**
   * Does `check` and counts it as failed unless it succeeds: before it begins, so that guesses sent at once cannot pass
   * together. Where only attempts that are not over yet stand in the way, it waits for them. Counts by network and what is
   * guessed at: nobody is kept out by what others do elsewhere, until that are very many. Throws login_limited with the
   * seconds to wait, and what `check` throws.
   * @param of an account's address, or what else is guessed at
   */
  attempt<T>(of: string, address: string, check: () => Promise<T>): Promise<T>
  /** As `attempt`, for the code that follows a right password. */
  code<T>(userId: string, address: string, check: () => Promise<T>): Promise<T>
  /** As `attempt`, for who is signed in and proves it anew: whoever is not cannot use that up. */
  proof<T>(principal: Principal, check: () => Promise<T>): Promise<T>
}

interface Bucket {
  bucket: string
  limit: number
}

/** Counts what failed in the database, so that a restart forgives nobody. */
export function createLoginLimits(db: Database, now: () => number = Date.now): LoginLimits {
  /** Attempts under way, by their rows. */
  const underWay = new Map<string, Promise<void>>()
  let waiting = 0
  /** One decides at a time. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  /** Null: let in, and counted. Else what to wait for. Throws login_limited. */
  const enter = async (
    rows: (Bucket & { id: string })[],
    settled: Promise<void>,
  ): Promise<{ before: Promise<void> } | null> => {
    await settleFuture(db, now())
    await db
      .deleteFrom('login_failures')
      .where('at', '<', now() - windowMs)
      .execute()
    for (const { bucket, limit } of rows) {
      const failed = await db
        .selectFrom('login_failures')
        .select(['id', 'at'])
        .where('bucket', '=', bucket)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute()
      const oldest = failed.at(-1)
      if (failed.length < limit || !oldest) continue
      const before = failed.flatMap(({ id }) => underWay.get(id) ?? [])
      if (before.length > 0 && waiting < mostWaiting) return { before: Promise.race(before) }
      const seconds = Math.max(1, Math.ceil((Number(oldest.at) + windowMs - now()) / 1000))
      throw new AppError('login_limited', { params: { seconds } })
    }
    const at = now()
    await db
      .insertInto('login_failures')
      .values(rows.map(({ id, bucket }) => ({ id, bucket, at })))
      .execute()
    for (const { id } of rows) underWay.set(id, settled)
    return null
  }

  const limited = async <T>(buckets: readonly [Bucket, ...Bucket[]], check: () => Promise<T>): Promise<T> => {
    const rows = buckets.map((bucket) => ({ ...bucket, id: randomUUID() }))
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
    for (;;) {
      const blocked = await inTurn(() => enter(rows, settled))
      if (!blocked) break
      waiting++
      await blocked.before
      waiting--
    }
    try {
      const result = await check()
      // What failed before is forgiven in the first bucket, which is the narrowest.
      const others = [...underWay.keys()]
      await db
        .deleteFrom('login_failures')
        .where((where) =>
          where.or([
            where(
              'id',
              'in',
              rows.map(({ id }) => id),
            ),
            where.and([where('bucket', '=', buckets[0].bucket), where('id', 'not in', others)]),
          ]),
        )
        .execute()
      return result
    } finally {
      for (const { id } of rows) underWay.delete(id)
      settle()
    }
  }

  const guess = <T>(of: string, anywhere: number, address: string, check: () => Promise<T>): Promise<T> => {
    const from = network(address)
    const buckets = [
      { bucket: `account:${of} from ${from}`, limit: fromNetwork.account },
      { bucket: `account:${of}`, limit: anywhere },
      { bucket: `address:${from}`, limit: fromNetwork.all },
    ] as const
    return limited(buckets, check)
  }
  return {
    attempt: (of, address, check) => guess(of.toLowerCase(), fromAnywhere.signIn, address, check),
    code: (userId, address, check) => guess(`code ${userId}`, fromAnywhere.code, address, check),
    proof: ({ sessionId, userId }, check) =>
      limited(
        [
          { bucket: `proof:session ${sessionId}`, limit: ofProofs.session },
          { bucket: `proof:person ${userId}`, limit: ofProofs.person },
        ],
        check,
      ),
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
