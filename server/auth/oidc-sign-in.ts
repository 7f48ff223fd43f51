import type { Role } from '#lib/permissions.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Client, Identity, SignedIn } from './identity.ts'
import type { Oidc, OidcPerson } from './oidc.ts'
import type { Users } from './users.ts'

export interface OidcSignIn extends Pick<Oidc, 'name' | 'begin' | 'signOutUrl'> {
  /** Opens a session, or proves the one that asked. Throws what `Oidc.finish` does, oidc_no_role, oidc_account_exists. */
  finish(query: string, client: Client): Promise<SignedIn>
}

/** Who the provider's people are here, and what they may: their role is what their groups say at each sign-in. */
export function createOidcSignIn(parts: {
  db: Database
  identity: Identity
  users: Users
  oidc: Oidc
  linkByEmail: boolean
}): OidcSignIn {
  const { db, identity, users, oidc, linkByEmail } = parts
  const idOf = async ({ issuer, subject }: OidcPerson) =>
    (
      await db
        .selectFrom('oidc_people')
        .select('user_id')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
    )?.user_id
  const userOf = async (person: OidcPerson & { role: Role }): Promise<string> => {
    const known = await idOf(person)
    if (known) return known
    const { issuer, subject, email, name, role } = person
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
      const { person, sessionId } = await oidc.finish(query, client.headers)
      const { role } = person
      if (role === null) {
        // What an earlier sign-in opened is over with the groups that it was for.
        const known = await idOf(person)
        if (known) await identity.endAll(known)
        throw new AppError('oidc_no_role', { params: { provider: oidc.name } })
      }
      if (sessionId !== undefined) {
        const principal = await identity.principal(client.headers)
        if (principal?.sessionId !== sessionId || (await idOf(person)) !== principal.userId)
          throw new AppError('oidc_refused', { detail: 'Somebody else is signed in.' })
        await identity.proved(principal)
        return { principal, cookies: [] }
      }
      const userId = await userOf({ ...person, role })
      const user = await db
        .selectFrom('user')
        .select('role')
        .where('id', '=', userId)
        .executeTakeFirstOrThrow()
      // As when an administrator does it: what runs under the earlier role ends, and the last administrator stays one.
      if (user.role !== role) await users.change(null, userId, { role })
      return identity.open({ userId, method: 'oidc' }, client)
    },
  }
}
