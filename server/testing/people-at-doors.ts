import { type ActName, actOf } from '#lib/acts.ts'
import { grantablePermissions, type Permission, rolePermissions, withImplied } from '#lib/permissions.ts'
import type { AppUnderTest } from './app-under-test.ts'
import { give, join, makeRole } from './people.ts'
import { type Visitor, visitor } from './two-doors.ts'

export interface PersonAtDoors {
  name: string
  permissions: readonly Permission[]
  who: Visitor
}

/** What roles of one's own may leave out, and much depends on. */
export const lacks = [
  ...(['containers.unrestricted', 'containers.remove', 'containers.create'] as const),
  ...(['images.build', 'images.tag', 'images.remove'] as const),
]

/** An administrator, an operator, a viewer, and for each of `without` somebody who has all else, everywhere. */
export async function peopleAtDoors(
  test: AppUnderTest,
  without: readonly Permission[] = [],
): Promise<PersonAtDoors[]> {
  const people: PersonAtDoors[] = [
    { name: 'administrator', permissions: grantablePermissions, who: await visitor(test, test) },
  ]
  for (const role of ['operator', 'viewer'] as const) {
    const who = await visitor(test, await join(test, role, role))
    people.push({ name: role, permissions: rolePermissions[role], who })
  }
  const all = { kind: 'all' } as const
  for (const lacking of without) {
    const permissions = grantablePermissions.filter(
      (one) => one !== lacking && (lacking !== 'containers.unrestricted' || one !== 'gateway.raw'),
    )
    const name = `without-${lacking.replace('.', '-')}`
    const person = await join(test, name, null)
    const role = await makeRole(test, name, permissions)
    await give(test, person, { effect: 'allow', role, hosts: all, containers: all })
    people.push({ name, permissions, who: await visitor(test, person) })
  }
  return people
}

/** What the table of acts says of somebody who has these everywhere. */
export function expectedAt(
  door: 'dashboard' | 'gateway',
  act: ActName,
  permissions: readonly Permission[],
): 'allowed' | 'denied' {
  const { needs, hostWide = [], unread } = actOf(act)
  const held = withImplied(permissions)
  const all = [...needs, ...hostWide, ...(door === 'gateway' && unread ? (['gateway.raw'] as const) : [])]
  return all.every((permission) => held.includes(permission)) ? 'allowed' : 'denied'
}

/** Lines of what the dashboard asks by itself, and of what is looked up to decide. */
export const background =
  /^(?:GET|HEAD) (?:\/v[\d.]+)?(?:\/libpod)?\/(?:_ping|version|info|events|containers\/(?:json|stats)|images\/json|networks|networks\/json|volumes|volumes\/json|pods\/json|system\/df|(?:containers|exec)\/[\w-]+\/(?:json|stats)|images\/[^?]+\/json)(?:\?|$)/
