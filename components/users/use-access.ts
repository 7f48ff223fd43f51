'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { api, basePath } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Grant, NewGrant } from '#lib/contracts/access.ts'
import type { User } from '#lib/contracts/users.ts'
import { type Permission, type Role, rolePermissions } from '#lib/permissions.ts'

/** Custom roles, by name. */
export function useRoles() {
  return useQuery({
    queryKey: queryKeys.roles(),
    queryFn: ({ signal }) => api.get('/api/roles', { signal }),
    refetchInterval: 15_000,
  })
}

const isBuiltIn = (role: string): role is Role => Object.hasOwn(rolePermissions, role)

/** Names of roles, a custom one's by its id. */
export function useRoleName(): (role: Role | Grant['role'] | null) => string {
  const t = useTranslations('account.roles')
  const { data } = useRoles()
  return (role) => {
    if (role === null) return t('none')
    return isBuiltIn(role) ? t(role) : (data?.find(({ id }) => id === role)?.name ?? role)
  }
}

/** What a role allows; of a custom one nothing until it is known. */
export function usePermissionsOf(): (role: Grant['role']) => readonly Permission[] {
  const { data } = useRoles()
  return (role) =>
    isBuiltIn(role) ? rolePermissions[role] : (data?.find(({ id }) => id === role)?.permissions ?? [])
}

/** A grant as a sentence: "May: Operator on hosts tagged prod, containers with label team=a". */
export function useGrantText(): (grant: NewGrant) => string {
  const t = useTranslations('access.grant')
  const roleName = useRoleName()
  const known = useFleet((fleet) => fleet.hosts)
  return ({ effect, role, hosts, containers }) => {
    const where =
      hosts.kind === 'all'
        ? t('allHosts')
        : hosts.kind === 'tag'
          ? t('tagged', { tag: hosts.tag })
          : t('host', { name: known.get(hosts.hostId)?.name ?? t('goneHost') })
    const which =
      containers.kind === 'all'
        ? ''
        : containers.kind === 'name'
          ? t('named', { pattern: containers.pattern })
          : containers.value === null
            ? t('labelled', { key: containers.key })
            : t('labelledWith', { key: containers.key, value: containers.value })
    return t(effect, { role: roleName(role), where: which ? `${where}, ${which}` : where })
  }
}

/** Looks at the dashboard as that person does, from its first page. By a full load: nothing of one's own stays in memory. */
export function usePreview() {
  const t = useTranslations('access')
  const errorText = useErrorText()
  const { mutate } = useMutation({
    mutationFn: ({ id }: User) => api.post('/api/preview', { body: { userId: id } }),
    onSuccess: () => window.location.assign(`${basePath()}/`),
    onError: (error) => toast.error(t('previewFailed'), { description: errorText(error).sentence }),
  })
  return useCallback((user: User) => mutate(user), [mutate])
}

/** The server refuses the others: an administrator sees everything, and who is disabled nothing. */
export const canBePreviewed = ({ role, state }: User) => role !== 'administrator' && state === 'active'
