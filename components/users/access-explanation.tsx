'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Check, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useAllHosts, useFleet } from '#components/data/use-live.ts'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Select } from '#components/ui/select.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import type { Explanation } from '#lib/contracts/access.ts'
import type { User } from '#lib/contracts/users.ts'
import { scopeOf } from '#lib/permissions.ts'
import { byNoun } from './permission-groups.ts'
import { useGrantText, useRoleName } from './use-access.ts'

/** What somebody may on a host, or with one container, and what decides it: their role, or which grant. */
export function AccessExplanation({ user }: { user: User }) {
  const t = useTranslations('access.explain')
  const hosts = useAllHosts()
  const fleet = useFleet((held) => held.containers)
  const [chosen, setChosen] = useState({ hostId: '', containerId: '' })
  const hostId = hosts.some(({ id }) => id === chosen.hostId) ? chosen.hostId : (hosts[0]?.id ?? '')
  const containers = [...fleet.values()]
    .filter((container) => container.hostId === hostId)
    .sort((a, b) => a.name.localeCompare(b.name))
  const container = containers.find(({ id }) => id === chosen.containerId)
  const query = useQuery({
    // The grants are part of the question: another one is asked when they change.
    queryKey: queryKeys.access(user.id, hostId, container?.id ?? '', [user.role, user.grants]),
    queryFn: ({ signal }) =>
      api.get('/api/users/:userId/access', {
        params: { userId: user.id },
        query: { hostId, containerId: container?.id },
        signal,
      }),
    enabled: hostId !== '',
    placeholderData: keepPreviousData,
  })
  const host = hosts.find(({ id }) => id === hostId)
  if (!host) return <p className="text-ink-muted">{t('noHosts')}</p>
  return (
    <>
      <div className="grid gap-3 md:grid-cols-2">
        <Field label={t('host')}>
          {(props) => (
            <Select<string>
              {...props}
              value={hostId}
              onValueChange={(next) => setChosen({ hostId: next, containerId: '' })}
              options={hosts.map(({ id, name }) => ({ value: id, label: name }))}
            />
          )}
        </Field>
        <Field label={t('container')}>
          {(props) => (
            <Select<string>
              {...props}
              value={container?.id ?? ''}
              onValueChange={(containerId) => setChosen({ hostId, containerId })}
              options={[
                { value: '', label: t('wholeHost') },
                ...containers.map(({ id, name }) => ({ value: id, label: name })),
              ]}
            />
          )}
        </Field>
      </div>
      {query.error && <ErrorNote error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        <>
          <p role="status" className={query.data.visible ? undefined : 'font-medium text-caution'}>
            {t(query.data.visible ? 'visible' : 'hidden', {
              name: user.name,
              what: container?.name ?? host.name,
            })}
          </p>
          {!container && <p className="text-ink-muted text-xs">{t('anyContainer')}</p>}
          <Decisions user={user} explanation={query.data} ofContainer={container !== undefined} />
        </>
      ) : (
        !query.error && <Skeleton className="h-96 w-full" />
      )}
    </>
  )
}

function Decisions({
  user,
  explanation,
  ofContainer,
}: {
  user: User
  explanation: Explanation
  ofContainer: boolean
}) {
  const t = useTranslations('access.explain')
  const users = useTranslations('users')
  const roleName = useRoleName()
  const grantText = useGrantText()
  const reason = (by: Explanation['permissions'][number]['by']) =>
    by
      .map((one) => {
        if (one === 'role') return t('byRole', { role: roleName(user.role) })
        const grant = user.grants.find(({ id }) => id === one)
        return grant ? grantText(grant) : t('byGrant')
      })
      .join('; ') || t('byNothing')
  // Of a container there is nothing to say about images, and of a host nothing about people.
  const shown = explanation.permissions.filter(({ permission }) => {
    const scope = scopeOf(permission)
    return ofContainer ? scope === 'container' : scope !== 'everything'
  })
  return (
    <div className="overflow-clip rounded-md border bg-surface">
      <table className="w-full text-left">
        <caption className="sr-only">{t('title', { name: user.name })}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">{users('permissionTitle')}</th>
            <th scope="col">{t('decision')}</th>
            <th scope="col">{t('because')}</th>
          </tr>
        </thead>
        {byNoun(shown, ({ permission }) => permission).map(([noun, decisions]) => (
          <tbody key={noun} className="border-b last:border-b-0">
            <tr>
              <th scope="rowgroup" colSpan={3} className="px-3 pt-2.5 pb-1 font-semibold">
                {users(`noun.${noun}`)}
              </th>
            </tr>
            {decisions.map(({ permission, allowed, by }) => (
              <tr key={permission} className="align-top">
                <th scope="row" className="w-2/5 px-3 py-1 font-normal">
                  {users(`permission.${permission}`)}
                </th>
                <td className="w-24 whitespace-nowrap px-1 py-1">
                  <span className={allowed ? 'text-state-running' : 'text-danger'}>
                    {allowed ? (
                      <Check aria-hidden className="mr-1 inline size-4 align-[-3px]" />
                    ) : (
                      <X aria-hidden className="mr-1 inline size-4 align-[-3px]" />
                    )}
                    {t(allowed ? 'allowed' : 'denied')}
                  </span>
                </td>
                <td className="wrap-anywhere px-2 py-1 text-ink-muted text-xs">{reason(by)}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}
