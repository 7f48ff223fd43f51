import { withViews } from '#lib/access.ts'
import type {
  ContainerSelector,
  CustomRole,
  Grant,
  HostSelector,
  NewGrant,
  NewRole,
  Rights,
  RoleChange,
} from '#lib/contracts/access.ts'
import { grantablePermissions, type Permission, type Role, rolePermissions } from '#lib/permissions.ts'
import type { Database, Schema } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { newId } from '../new-id.ts'
import { Publisher, type Subscribe } from '../publisher.ts'
import { hideLabels } from '../redact.ts'

/** Whose rights are others now: a person's, or those of all who have a role. */
export type GrantChange = { userId: string } | { roleId: string }

export interface Grants {
  of(userId: string): readonly Grant[]
  /** Keys of labels by which any grant selects containers. */
  labelKeys(): ReadonlySet<string>
  /** With the permissions of their roles as these are now. */
  resolved(userId: string): Rights['grants']
  /** Throws user_not_found, grant_for_administrator, grant_label_hidden, role_not_found. */
  add(userId: string, grant: NewGrant): Promise<Grant>
  /** Throws grant_not_found. */
  remove(userId: string, grantId: string): Promise<void>
  /** By their groups at the identity provider they have these roles on all hosts, and of such grants no others. */
  provide(userId: string, roleIds: readonly string[]): Promise<void>
  /** The id of a role made here. */
  roleNamed(name: string): string | undefined
  /** Of who was removed, and whose sessions end by that. */
  forget(userId: string): Promise<void>
  roles(): CustomRole[]
  /** Throws role_name_taken. */
  addRole(role: NewRole): Promise<CustomRole>
  /** Counts at once for all who have it. Throws role_not_found, role_name_taken. */
  changeRole(roleId: string, change: RoleChange): Promise<CustomRole>
  /** Throws role_not_found, role_in_use. */
  removeRole(roleId: string): Promise<void>
  onChanged: Subscribe<GrantChange>
}

/**
 * Grants and custom roles. Kept in memory too: every decision reads them, and what is decided has to be of this moment.
 */
export async function createGrants(db: Database, log: Log): Promise<Grants> {
  const roles = new Map(
    (await db.selectFrom('roles').selectAll().execute()).map((row) => [row.id, roleOf(row)]),
  )
  const byUser = new Map<string, Grant[]>()
  for (const row of await db.selectFrom('grants').selectAll().orderBy('created_at').execute())
    byUser.set(row.user_id, [...(byUser.get(row.user_id) ?? []), grantOf(row)])
  const changes = new Publisher<GrantChange>(log)
  /** Resolved, until something changes. */
  const known = new Map<string, Rights['grants']>()
  const changed = (change: GrantChange) => {
    known.clear()
    changes.publish(change)
  }
  const users = (roleId: string) => [...byUser.values()].flat().filter(({ role }) => role === roleId).length
  const view = (role: Omit<CustomRole, 'grants'>): CustomRole => ({ ...role, grants: users(role.id) })
  const find = (roleId: string) => {
    const role = roles.get(roleId)
    if (!role) throw new AppError('role_not_found', { objectId: roleId })
    return role
  }
  const refuseTaken = (name: string, self?: string) => {
    if ([...roles.values()].some((role) => role.name === name && role.id !== self))
      throw new AppError('role_name_taken')
  }
  const permissionsOf = (role: Grant['role']): readonly Permission[] =>
    Object.hasOwn(rolePermissions, role)
      ? rolePermissions[role as Role]
      : (roles.get(role)?.permissions ?? [])

  const keep = async (userId: string, grant: Grant) => {
    // In memory first: a role that is being removed meanwhile finds itself in use.
    byUser.set(userId, [...(byUser.get(userId) ?? []), grant])
    const { byProvider, hosts, containers, ...rest } = grant
    const stored = { hosts: JSON.stringify(hosts), containers: JSON.stringify(containers) }
    const row = { ...rest, ...stored, by_provider: Number(byProvider), user_id: userId }
    try {
      await db
        .insertInto('grants')
        .values({ ...row, created_at: new Date().toISOString() })
        .execute()
    } catch (error) {
      drop(userId, grant.id)
      throw error
    } finally {
      changed({ userId })
    }
  }
  const drop = (userId: string, grantId: string) =>
    byUser.set(
      userId,
      (byUser.get(userId) ?? []).filter(({ id }) => id !== grantId),
    )
  const take = async (userId: string, grantId: string) => {
    const { numDeletedRows } = await db
      .deleteFrom('grants')
      .where('id', '=', grantId)
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw new AppError('grant_not_found', { objectId: grantId })
    drop(userId, grantId)
    changed({ userId })
  }

  return {
    of: (userId) => byUser.get(userId) ?? [],
    labelKeys: () =>
      new Set(
        [...byUser.values()]
          .flat()
          .flatMap(({ containers }) => (containers.kind === 'label' ? [containers.key] : [])),
      ),
    resolved(userId) {
      const found = known.get(userId)
      if (found) return found
      const resolved = (byUser.get(userId) ?? []).map(({ id, effect, hosts, containers, role }) => {
        const permissions = permissionsOf(role)
        const given = effect === 'allow' ? withViews(permissions) : [...permissions]
        return { id, effect, hosts, containers, permissions: given }
      })
      known.set(userId, resolved)
      return resolved
    },
    async add(userId, input) {
      const user = await db.selectFrom('user').select('role').where('id', '=', userId).executeTakeFirst()
      if (!user) throw new AppError('user_not_found', { objectId: userId })
      if (user.role === 'administrator') throw new AppError('grant_for_administrator')
      if (!Object.hasOwn(rolePermissions, input.role)) find(input.role)
      const { effect, role, hosts, containers } = input
      // Rights are told from labels as lists have them: such a one would select nothing, and its denial deny nothing.
      if (containers.kind === 'label' && containers.value !== null) {
        const label = { [containers.key]: containers.value }
        if (hideLabels(label)[containers.key] !== containers.value) throw new AppError('grant_label_hidden')
      }
      const grant: Grant = { id: newId('g'), effect, role, hosts, containers, byProvider: false }
      await keep(userId, grant)
      return grant
    },
    remove: take,
    async provide(userId, roleIds) {
      const provided = (byUser.get(userId) ?? []).filter(({ byProvider }) => byProvider)
      for (const { id, role } of provided) if (!roleIds.includes(role)) await take(userId, id)
      const all = { kind: 'all' } as const
      for (const role of new Set(roleIds))
        if (!provided.some((grant) => grant.role === role))
          await keep(userId, {
            id: newId('g'),
            effect: 'allow',
            role,
            hosts: all,
            containers: all,
            byProvider: true,
          })
    },
    roleNamed: (name) => [...roles.values()].find((role) => role.name === name)?.id,
    async forget(userId) {
      await db.deleteFrom('grants').where('user_id', '=', userId).execute()
      byUser.delete(userId)
      known.delete(userId)
    },
    roles: () => [...roles.values()].map(view).sort((a, b) => a.name.localeCompare(b.name)),
    async addRole({ name, permissions }) {
      refuseTaken(name)
      const role = { id: newId('r'), name, permissions, createdAt: new Date().toISOString() }
      roles.set(role.id, role)
      try {
        const row = {
          id: role.id,
          name,
          permissions: JSON.stringify(permissions),
          created_at: role.createdAt,
        }
        await db.insertInto('roles').values(row).execute()
      } catch (error) {
        roles.delete(role.id)
        throw error
      }
      return view(role)
    },
    async changeRole(roleId, change) {
      const before = find(roleId)
      const role = { ...before, ...change }
      refuseTaken(role.name, roleId)
      await db
        .updateTable('roles')
        .set({ name: role.name, permissions: JSON.stringify(role.permissions) })
        .where('id', '=', roleId)
        .execute()
      roles.set(roleId, role)
      changed({ roleId })
      return view(role)
    },
    async removeRole(roleId) {
      const role = find(roleId)
      const count = users(roleId)
      if (count > 0) throw new AppError('role_in_use', { objectId: roleId, params: { count } })
      roles.delete(roleId)
      await db
        .deleteFrom('roles')
        .where('id', '=', roleId)
        .execute()
        .catch((error) => {
          roles.set(roleId, role)
          throw error
        })
    },
    onChanged: changes.subscribe,
  }
}

function grantOf(row: Schema['grants']): Grant {
  return {
    id: row.id,
    effect: row.effect === 'deny' ? 'deny' : 'allow',
    role: row.role,
    hosts: JSON.parse(row.hosts) as HostSelector,
    containers: JSON.parse(row.containers) as ContainerSelector,
    byProvider: row.by_provider === 1,
  }
}

/** A permission that this version no longer knows gives nothing. */
function roleOf({ id, name, permissions, created_at }: Schema['roles']): Omit<CustomRole, 'grants'> {
  const stored = JSON.parse(permissions) as string[]
  return {
    id,
    name,
    createdAt: created_at,
    permissions: grantablePermissions.filter((permission) => stored.includes(permission)),
  }
}
