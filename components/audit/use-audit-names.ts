import { useQuery } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { AuditNames } from './sentence.ts'

/** Names for the ids that entries have: of containers and hosts, and of people and roles for who may see those. */
export function useAuditNames(host: (hostId: string) => string): AuditNames {
  const containers = useFleet((fleet) => fleet.containers)
  const hosts = useFleet((fleet) => fleet.hosts)
  const enabled = usePermission('users.view')
  const people = useQuery({
    queryKey: queryKeys.auditPeople(),
    queryFn: ({ signal }) => api.get('/api/users', { signal }),
    enabled,
    staleTime: 60_000,
  })
  const roles = useQuery({
    queryKey: queryKeys.auditRoles(),
    queryFn: ({ signal }) => api.get('/api/roles', { signal }),
    enabled,
    staleTime: 60_000,
  })
  const names = new Map([
    ...(people.data?.users ?? []).map(({ id, name }) => [id, name] as const),
    ...(roles.data ?? []).map(({ id, name }) => [id, name] as const),
  ])
  return {
    host,
    object: (hostId, objectId) => (hostId && containers.get(objectKey(hostId, objectId))?.name) || null,
    known: (id) => names.get(id) ?? hosts.get(id)?.name ?? null,
  }
}
