import { sql } from 'kysely'
import type { People, UserChange } from '#lib/contracts/users.ts'
import type { Previewed } from '../access/access.ts'
import type { Grants } from '../access/grants.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { OidcSettings } from '../oidc-settings.ts'
import type { Principal } from '../principal/principal.ts'
import { type Identity, roleOf } from './identity.ts'

export interface Users {
  /** Everybody, and the invitations that wait, by name. */
  list(principal: Principal): Promise<People>
  /** Ends everything of that person's. Null: their identity provider says so. Throws user_not_found, last_administrator, own_role. */
  change(principal: Principal | null, userId: string, change: UserChange): Promise<void>
  /** Whose rights a person has, and how they are called. Throws user_not_found. */
  person(userId: string): Promise<Previewed & { isDisabled: boolean }>
  /** With their sessions and tokens; their tasks stay. Throws user_not_found, last_administrator. */
  remove(userId: string): Promise<void>
}

type Provider = Pick<OidcSettings, 'name' | 'issuer' | 'roles'>

/** What the configuration gives to groups, and is no role here. */
export function unknownRoles(
  oidc: Pick<OidcSettings, 'roles'> | null,
  grants: Pick<Grants, 'roleNamed'>,
): string[] {
  const names = new Set((oidc?.roles ?? []).map(({ role }) => role))
  return [...names].filter((name) => roleOf(name) === null && grants.roleNamed(name) === undefined)
}

/** The people of this dashboard, for administrators. */
export function createUsers(db: Database, identity: Identity, grants: Grants, oidc: Provider | null): Users {
  /** Part of the statement that changes: two administrators who remove each other at once leave one. */
  const anotherAdministrator = (userId: string) => sql<boolean>`(
    "user"."role" is not 'administrator' or "user"."disabledAt" is not null or exists (
      select 1 from "user" as "other"
      where "other"."id" <> ${userId} and "other"."role" = 'administrator' and "other"."disabledAt" is null
    ))`
  const refused = async (userId: string): Promise<AppError> => {
    const user = await db.selectFrom('user').select('id').where('id', '=', userId).executeTakeFirst()
    return new AppError(user ? 'last_administrator' : 'user_not_found', { objectId: userId })
  }
  /** Links that wait for them, and those that they gave: a way back in would outlive their rights. */
  const endLinks = (userId: string) =>
    db
      .deleteFrom('invitations')
      .where((row) => row.or([row('user_id', '=', userId), row('created_by', '=', userId)]))
      .execute()

  return {
    async list(principal) {
      const now = new Date().toISOString()
      const [users, sessions, tokens, links, secondFactors, linked] = await Promise.all([
        db.selectFrom('user').selectAll().execute(),
        db.selectFrom('session').select(['id', 'userId']).execute(),
        db.selectFrom('tokens').select('user_id').where('expires_at', '>', now).execute(),
        db.selectFrom('invitations').selectAll().execute(),
        identity.factors.everybodys(),
        db
          .selectFrom('oidc_people')
          .selectAll()
          .where('issuer', '=', oidc?.issuer.href ?? '')
          .execute(),
      ])
      const open = await identity.current(sessions.map(({ id }) => id))
      const administrators = users.filter((user) => user.role === 'administrator' && user.disabledAt === null)
      const link = ({ id, created_at, expires_at }: (typeof links)[number]) => ({
        id,
        createdAt: created_at,
        expiresAt: expires_at,
      })
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
      return {
        users: users
          .map((user) => {
            const reset = links.find(({ user_id, expires_at }) => user_id === user.id && expires_at > now)
            return {
              id: user.id,
              name: user.name,
              email: user.email,
              role: roleOf(user.role),
              grants: [...grants.of(user.id)],
              state: user.disabledAt === null ? ('active' as const) : ('disabled' as const),
              createdAt: new Date(user.createdAt).toISOString(),
              lastSignInAt: user.lastSignInAt,
              sessions: sessions.filter(({ id, userId }) => userId === user.id && open.has(id)).length,
              tokens: tokens.filter(({ user_id }) => user_id === user.id).length,
              self: user.id === principal.userId,
              lastAdministrator: administrators.length === 1 && administrators[0]?.id === user.id,
              reset: reset ? link(reset) : null,
              provider: linked.find(({ user_id }) => user_id === user.id)?.subject ?? null,
              secondFactors: secondFactors.get(user.id) ?? { totp: false, passkeys: 0 },
            }
          })
          .sort(byName),
        invitations: links
          .filter(({ user_id }) => user_id === null)
          .map((row) => ({ ...link(row), name: row.name, email: row.email, role: roleOf(row.role) }))
          .sort(byName),
        provider: oidc?.name ?? null,
        unknownRoles: unknownRoles(oidc, grants),
        secondFactor: await identity.secondFactorRule.told(principal),
      }
    },

    async change(principal, userId, { role, disabled }) {
      if (role !== undefined && userId === principal?.userId) throw new AppError('own_role')
      const query = db.updateTable('user').where('id', '=', userId)
      const takesRights = disabled === true || (role !== undefined && role !== 'administrator')
      const { numUpdatedRows } = await (takesRights ? query.where(anotherAdministrator(userId)) : query)
        .set(role === undefined ? { disabledAt: disabled ? new Date().toISOString() : null } : { role })
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw await refused(userId)
      if (disabled === false) return
      await endLinks(userId)
      await identity.endAll(userId)
    },

    async person(userId) {
      const user = await db.selectFrom('user').selectAll().where('id', '=', userId).executeTakeFirst()
      if (!user) throw new AppError('user_not_found', { objectId: userId })
      const { name, email, disabledAt } = user
      return { userId, name, email, role: roleOf(user.role), isDisabled: disabledAt !== null }
    },

    async remove(userId) {
      // Sessions and the password go with the row, by the foreign keys of the identity library's tables.
      const { numDeletedRows } = await db
        .deleteFrom('user')
        .where('id', '=', userId)
        .where(anotherAdministrator(userId))
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw await refused(userId)
      await db.deleteFrom('tokens').where('user_id', '=', userId).execute()
      await grants.forget(userId)
      await identity.factors.remove(userId)
      await db.deleteFrom('oidc_people').where('user_id', '=', userId).execute()
      await endLinks(userId)
      await identity.endAll(userId)
    },
  }
}
