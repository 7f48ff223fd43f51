import { sql } from 'kysely'
import type { Role } from '#lib/permissions.ts'
import type { Grants } from '../access/grants.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'
import { type Client, type Identity, roleOf, type SignedIn } from './identity.ts'
import type { Oidc, OidcPerson } from './oidc.ts'
import type { Users } from './users.ts'

export interface OidcSignIn extends Pick<Oidc, 'name' | 'begin' | 'signOutUrl'> {
  /** Opens a session, or proves the one that asked. Throws what `Oidc.finish` does, oidc_no_role, oidc_account_exists. */
  finish(query: string, client: Client): Promise<SignedIn>
  /** Whether they can sign in by this provider. */
  isLinked(userId: string): Promise<boolean>
  /** Throws what `Oidc.finish` does, oidc_no_role, oidc_linked_elsewhere, oidc_linked. */
  link(principal: Principal, query: string, headers: Headers): Promise<void>
  /** Ends their other sessions that the provider opened. Throws oidc_not_linked, sign_in_last_way. */
  unlink(principal: Principal): Promise<void>
  /** By an administrator; ends all of the person's sessions. Throws oidc_not_linked. */
  forget(userId: string): Promise<void>
}

interface ProvidersRights {
  role: Role | null
  /** Ids of roles made here, on all hosts. */
  granted: readonly string[]
}

/** Who the provider's people are here, and what they may: their role is what their groups say at each sign-in. */
export function createOidcSignIn(parts: {
  db: Database
  identity: Identity
  users: Users
  oidc: Oidc
  linkByEmail: boolean
  /** May sign in without the provider. */
  mayLocally(email: string): boolean
  grants: Pick<Grants, 'provide' | 'roleNamed'>
}): OidcSignIn {
  const { db, identity, users, grants, oidc, linkByEmail, mayLocally } = parts
  const linksOf = (userId: string) =>
    db
      .selectFrom('oidc_people')
      .select('subject')
      .where('user_id', '=', userId)
      .where('issuer', '=', oidc.issuer)
      .execute()
  const idOf = async ({ issuer, subject }: OidcPerson) =>
    (
      await db
        .selectFrom('oidc_people')
        .select('user_id')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
    )?.user_id
  /** Of all that their groups have: one built-in role, and grants of the others. Null: nothing. */
  const rightsOf = ({ roles: names }: OidcPerson): ProvidersRights | null => {
    const role = names.map(roleOf).find((known) => known !== null) ?? null
    const granted = role === 'administrator' ? [] : names.flatMap((name) => grants.roleNamed(name) ?? [])
    return role === null && granted.length === 0 ? null : { role, granted }
  }
  const userOf = async (person: OidcPerson, role: Role | null): Promise<string> => {
    const known = await idOf(person)
    if (known) return known
    const { issuer, subject, email, name } = person
    const user = await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()
    // An address is no proof: whoever sets one at the provider would be that account (GHSA-g38m-r43w-p2q7).
    if (user && !(linkByEmail && person.emailVerified))
      throw new AppError('oidc_account_exists', { params: { email } })
    const userId = user?.id ?? (await identity.createUser({ name, email, password: null, role }))
    await db
      .insertInto('oidc_people')
      .values({ issuer, subject, user_id: userId })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return userId
  }
  return {
    name: oidc.name,
    begin: oidc.begin,
    signOutUrl: oidc.signOutUrl,
    async finish(query, client) {
      const { person, by } = await oidc.finish(query, client.headers)
      if (by?.linking) throw new AppError('oidc_refused', { detail: 'This was begun to link an account.' })
      const rights = rightsOf(person)
      if (!rights) {
        // What an earlier sign-in opened or gave is over with the groups that it was for.
        const known = await idOf(person)
        if (known) {
          await grants.provide(known, [])
          await identity.endAll(known)
        }
        throw new AppError('oidc_no_role', { params: { provider: oidc.name } })
      }
      if (by) {
        const principal = await identity.principal(client.headers)
        if (principal?.sessionId !== by.sessionId || (await idOf(person)) !== principal.userId)
          throw new AppError('oidc_refused', { detail: 'Somebody else is signed in.' })
        await identity.proved(principal)
        return { principal, cookies: [] }
      }
      const { role, granted } = rights
      const userId = await userOf(person, role)
      const user = await db
        .selectFrom('user')
        .select('role')
        .where('id', '=', userId)
        .executeTakeFirstOrThrow()
      // As when an administrator does it: what runs under the earlier role ends, and the last administrator stays one.
      if (user.role !== role) await users.change(null, userId, { role })
      await grants.provide(userId, granted)
      return identity.open({ userId, method: 'oidc' }, client)
    },
    isLinked: async (userId) => (await linksOf(userId)).length > 0,
    async link(principal, query, headers) {
      const { person, by } = await oidc.finish(query, headers)
      // A browser that is made to bring somebody else's answer would give them this account.
      if (!by?.linking || by.sessionId !== principal.sessionId)
        throw new AppError('oidc_refused', { detail: 'This was not begun here to link an account.' })
      const { issuer, subject } = person
      // It would be a way in that is closed.
      if (!rightsOf(person)) throw new AppError('oidc_no_role', { params: { provider: oidc.name } })
      if ((await linksOf(principal.userId)).length > 0) throw new AppError('oidc_linked')
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('oidc_people')
        .values({ issuer, subject, user_id: principal.userId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      if (numInsertedOrUpdatedRows !== 1n)
        throw new AppError('oidc_linked_elsewhere', { params: { provider: oidc.name } })
    },
    async unlink(principal) {
      const { userId, email } = principal
      const own = db.deleteFrom('oidc_people').where('user_id', '=', userId)
      const ways = sql<boolean>`(
        exists (select 1 from "account" where "userId" = ${userId} and "password" is not null)
        or exists (select 1 from "passkeys" where "user_id" = ${userId}))`
      const { numDeletedRows } = mayLocally(email)
        ? await own.where(ways).executeTakeFirstOrThrow()
        : { numDeletedRows: 0n }
      if (numDeletedRows === 0n)
        throw new AppError((await linksOf(userId)).length > 0 ? 'sign_in_last_way' : 'oidc_not_linked')
      await identity.endOthers(principal, 'oidc')
    },
    async forget(userId) {
      const { numDeletedRows } = await db
        .deleteFrom('oidc_people')
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw new AppError('oidc_not_linked', { objectId: userId })
      await identity.endAll(userId)
    },
  }
}
