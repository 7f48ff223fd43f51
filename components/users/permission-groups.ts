import { type Permission, permissions } from '#lib/permissions.ts'

export type Noun = Permission extends infer P ? (P extends `${infer N}.${string}` ? N : never) : never

export const nounOf = (permission: Permission) => permission.slice(0, permission.indexOf('.')) as Noun

/** What permissions are about, in their order. */
export const nouns = [...new Set(permissions.map(nounOf))]

/** Of these, in the order of all permissions, by what they are about; nouns without one are left out. */
export function byNoun<T>(items: readonly T[], permissionOf: (item: T) => Permission): [Noun, T[]][] {
  return nouns.flatMap((noun): [Noun, T[]][] => {
    const found = items.filter((item) => nounOf(permissionOf(item)) === noun)
    return found.length > 0 ? [[noun, found]] : []
  })
}
