import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { type LinkPurpose, linkHours, type NewInvitation } from '#lib/contracts/users.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'
import { settleFuture } from './clock.ts'
import { type Client, type Identity, roleOf, type SignedIn } from './identity.ts'
import type { HalfSignedIn, SignIn } from './sign-in.ts'

/** What a link's token is told once for, and until when it is good. */
export interface FreshLink {
  token: string
  expiresAt: string
}

export interface Links {
  /** An older invitation of the same address ends. Throws email_taken. */
  invite(principal: Principal, invitation: NewInvitation): Promise<FreshLink>
  /** An older reset of the same person ends. Throws user_not_found, account_disabled. */
  reset(principal: Principal, userId: string): Promise<FreshLink>
  /** Throws invitation_not_found. */
  withdraw(id: string): Promise<void>
  /** What a link is for. Throws link_invalid, login_limited. */
  look(token: string, client: Client): Promise<LinkPurpose>
  /** Uses a link up: makes the person, or sets the password anew and ends their sessions and tokens. Signs in. */
  use(input: { token: string; password: string }, client: Client): Promise<SignedIn | HalfSignedIn>
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

/** Invitations and resets: who holds the link chooses the password. It works once, for 72 hours, and is kept as a hash. */
export function createLinks(db: Database, identity: Identity, signIn: SignIn): Links {
  const make = async (
    principal: Principal,
    given: { user_id: string | null; name: string; email: string; role: string },
  ): Promise<FreshLink> => {
    const token = randomBytes(32).toString('base64url')
    const now = Date.now()
    const row = {
      id: randomUUID(),
      hash: hashOf(token),
      ...given,
      created_by: principal.userId,
      created_at: new Date(now).toISOString(),
      expires_at: new Date(now + linkHours * 3_600_000).toISOString(),
    }
    const { id: _, ...renewed } = row
    await db
      .insertInto('invitations')
      .values(row)
      .onConflict((conflict) => conflict.column('email').doUpdateSet(renewed))
      .execute()
    // Whose rights ended meanwhile would have left themselves a way back in.
    const maker = await db
      .selectFrom('user')
      .select('id')
      .where('id', '=', principal.userId)
      .where('role', '=', 'administrator')
      .where('disabledAt', 'is', null)
      .executeTakeFirst()
    if (maker) return { token, expiresAt: row.expires_at }
    await db.deleteFrom('invitations').where('hash', '=', row.hash).execute()
    throw new AppError('signed_out')
  }
  const valid = (token: string) =>
    db
      .selectFrom('invitations')
      .selectAll()
      .where('hash', '=', hashOf(token))
      .where('expires_at', '>', new Date().toISOString())
      .executeTakeFirst()
  /** By address, and by link: one that is guessed at locks nobody else out. */
  const attempt = <T>(token: string, client: Client, look: () => Promise<T | undefined>): Promise<T> =>
    identity.limits.attempt(`link ${hashOf(token).slice(0, 16)}`, client.address, async () => {
      await settleFuture(db)
      const found = await look()
      if (!found) throw new AppError('link_invalid')
      return found
    })

  return {
    async invite(principal, { name, email, role }) {
      const address = email.toLowerCase()
      const taken = await db.selectFrom('user').select('id').where('email', '=', address).executeTakeFirst()
      if (taken) throw new AppError('email_taken', { params: { email: address } })
      return make(principal, { user_id: null, name, email: address, role: role ?? '' })
    },
    async reset(principal, userId) {
      const user = await db.selectFrom('user').selectAll().where('id', '=', userId).executeTakeFirst()
      if (!user) throw new AppError('user_not_found', { objectId: userId })
      if (user.disabledAt !== null) throw new AppError('account_disabled')
      const { name, email, role } = user
      return make(principal, { user_id: userId, name, email, role: role ?? '' })
    },
    async withdraw(id) {
      const { numDeletedRows } = await db
        .deleteFrom('invitations')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw new AppError('invitation_not_found', { objectId: id })
    },
    async look(token, client) {
      const row = await attempt(token, client, () => valid(token))
      const { name, email, role } = row
      return { purpose: row.user_id === null ? 'join' : 'reset', name, email, role: roleOf(role) }
    },
    async use({ token, password }, client) {
      // The one statement that takes the row makes the first of two uses at once the only one.
      const row = await attempt(token, client, () =>
        db
          .deleteFrom('invitations')
          .where('hash', '=', hashOf(token))
          .where('expires_at', '>', new Date().toISOString())
          .returningAll()
          .executeTakeFirst(),
      )
      try {
        if (row.user_id === null) {
          await identity.createUser({ name: row.name, email: row.email, password, role: roleOf(row.role) })
        } else {
          await identity.setPassword(row.user_id, password)
          // Who had the old password may have made tokens, too.
          await db.deleteFrom('tokens').where('user_id', '=', row.user_id).execute()
          await identity.endAll(row.user_id)
        }
      } catch (error) {
        // It was not used: the person can try again.
        await db
          .insertInto('invitations')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        throw error
      }
      return signIn.afterLink(await identity.checkPassword(row.email, password), client)
    },
  }
}
