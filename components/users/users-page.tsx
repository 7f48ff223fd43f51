'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { parseAsString, useQueryState } from 'nuqs'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { usePermission } from '#components/data/use-session.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { ListFilter } from '#components/ui/list-filter.tsx'
import { toast } from '#components/ui/toast.tsx'
import { useFirst } from '#components/ui/use-first.tsx'
import type { Invitation, MadeLink, User } from '#lib/contracts/users.ts'
import { matchesWords } from '#lib/words.ts'
import { type PersonAction, PersonRow } from './person-row.tsx'
import { RoleList } from './role-list.tsx'
import { RoleTable } from './role-table.tsx'
import { SecondFactorRule } from './second-factor-rule.tsx'
import { usePreview } from './use-access.ts'

const dialogs = () => import('./user-dialogs.tsx')
const InviteDialog = dynamic(() => dialogs().then((module) => module.InviteDialog), { ssr: false })
const LinkDialog = dynamic(() => dialogs().then((module) => module.LinkDialog), { ssr: false })
const RoleDialog = dynamic(() => dialogs().then((module) => module.RoleDialog), { ssr: false })
const PersonDrawer = dynamic(() => import('./person-drawer.tsx').then((module) => module.PersonDrawer), {
  ssr: false,
})

/** People that are found by looking; from more on there is a filter. */
const fewPeople = 10

/** Who may sign in, as what, and the way in and out. */
export function UsersPage() {
  const t = useTranslations('users')
  const access = useTranslations('access')
  const roles = useTranslations('account.roles')
  const errorText = useErrorText()
  const mayEdit = usePermission('users.edit')
  const client = useQueryClient()
  const people = useQuery({
    queryKey: queryKeys.users(),
    queryFn: ({ signal }) => api.get('/api/users', { signal }),
    // Others join and sign in while one looks.
    refetchInterval: 15_000,
  })
  const [inviting, setInviting] = useState(false)
  const [made, setMade] = useState<{ name: string; link: MadeLink } | null>(null)
  const [asked, setAsked] = useState<{
    action: 'role' | 'reset' | 'secondFactor' | 'provider' | 'disable' | 'remove'
    user: User
  } | null>(null)
  const [open, setOpen] = useQueryState('person', parseAsString.withOptions({ history: 'push' }))
  const opened = people.data?.users.find(({ id }) => id === open)
  const preview = usePreview()
  const [filter, setFilter] = useQueryState('filter', parseAsString.withDefault(''))
  const everybody = [...(people.data?.users ?? []), ...(people.data?.invitations ?? [])]
  const [shown, more] = useFirst(
    everybody.filter(({ name, email, role }) => matchesWords(filter, [name, email, roles(role ?? 'none')])),
  )
  const again = () => client.invalidateQueries({ queryKey: queryKeys.users() })
  const show = (name: string, link: MadeLink) => {
    setMade({ name, link })
    void again()
  }
  const act = useMutation({
    mutationFn: (work: () => Promise<unknown>) => work(),
    onError: (error) => toast.error(t('failed'), { description: errorText(error).sentence }),
    onSettled: again,
  })
  const choose = (action: PersonAction, user: User) => {
    if (action === 'open') void setOpen(user.id)
    else if (action === 'preview') preview(user)
    else if (action === 'enable')
      act.mutate(async () => {
        await api.patch('/api/users/:userId', { params: { userId: user.id }, body: { disabled: false } })
        toast.success(t('enabled', { name: user.name }))
      })
    else if (action === 'takeBack') takeBack(user.name, user.reset?.id ?? '')
    else setAsked({ action, user })
  }
  const takeBack = (name: string, id: string) =>
    act.mutate(async () => {
      await api.delete('/api/invitations/:invitationId', { params: { invitationId: id } })
      toast.success(t('takenBack', { name }))
    })
  const renew = ({ name, email, role }: Invitation) =>
    act.mutate(async () => show(name, await api.post('/api/invitations', { body: { name, email, role } })))
  const name = asked?.user.name ?? ''
  const who = asked && { userId: asked.user.id }
  const provider = people.data?.provider ?? ''
  const confirming = (action: 'reset' | 'secondFactor' | 'provider' | 'disable' | 'remove') => ({
    open: asked?.action === action,
    onOpenChange: (open: boolean) => !open && setAsked(null),
    title: t(`${action}Title`, { name, provider }),
    description: t(`${action}Text`, { name, provider }),
  })

  return (
    <div className="overflow-y-auto">
      <PageHeader
        title={t('title')}
        count={people.data?.users.length}
        actions={
          mayEdit && (
            <Button size="sm" variant="primary" onClick={() => setInviting(true)}>
              <UserPlus aria-hidden /> {t('invite')}
            </Button>
          )
        }
      />
      <div className="flex max-w-5xl flex-col gap-8 px-4 pb-12 md:px-5">
        {people.error && <ErrorNote error={people.error} onRetry={() => void people.refetch()} />}
        {people.data && people.data.unknownRoles.length > 0 && (
          <p className="text-caution">{t('unknownRoles', { roles: people.data.unknownRoles.join(', ') })}</p>
        )}
        {people.data && (
          <div className="flex flex-col gap-3">
            {(everybody.length > fewPeople || filter !== '') && (
              <ListFilter label={t('filter')} value={filter} onChange={(next) => void setFilter(next)} />
            )}
            <div className="overflow-clip rounded-lg border bg-surface">
              <table className="w-full text-left">
                <caption className="sr-only">{t('title')}</caption>
                <thead className="whitespace-nowrap border-b text-ink-muted text-xs">
                  <tr>
                    <th className="px-3 py-2 font-medium">{t('person')}</th>
                    <th className="px-2 py-2 font-medium">{t('role')}</th>
                    <th className="hidden px-2 py-2 font-medium md:table-cell">{t('state')}</th>
                    <th className="hidden px-2 py-2 font-medium lg:table-cell">{t('lastSignIn')}</th>
                    <th className="hidden px-2 py-2 font-medium md:table-cell">{t('factors.title')}</th>
                    <th className="hidden px-2 py-2 text-right font-medium lg:table-cell">{t('sessions')}</th>
                    <th className="hidden px-2 py-2 text-right font-medium lg:table-cell">{t('tokens')}</th>
                    <th className="w-10">
                      <span className="sr-only">{t('actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((person) =>
                    'sessions' in person ? (
                      <PersonRow
                        key={person.id}
                        user={person}
                        factorsRequired={people.data.secondFactor.required}
                        provider={people.data.provider}
                        mayEdit={mayEdit}
                        onAction={(action) => choose(action, person)}
                      />
                    ) : (
                      <PersonRow
                        key={person.id}
                        invitation={person}
                        provider={people.data.provider}
                        mayEdit={mayEdit}
                        onNewLink={() => renew(person)}
                        onTakeBack={() => takeBack(person.name, person.id)}
                      />
                    ),
                  )}
                </tbody>
              </table>
              {shown.length === 0 && <p className="px-3 py-4 text-ink-muted">{t('noneMatches')}</p>}
            </div>
            {more}
          </div>
        )}
        {people.data && <SecondFactorRule people={people.data} mayEdit={mayEdit} onChanged={again} />}
        <section aria-labelledby="roles">
          <h2 id="roles" className="font-semibold">
            {access('roles.title')}
          </h2>
          <p className="mt-0.5 mb-3 text-ink-muted">{access('roles.hint')}</p>
          <RoleList users={people.data?.users ?? []} mayEdit={mayEdit} />
        </section>
        <section aria-labelledby="what-roles-may">
          <h2 id="what-roles-may" className="font-semibold">
            {t('rolesTitle')}
          </h2>
          <p className="mt-0.5 mb-3 text-ink-muted">{t('rolesHint')}</p>
          <RoleTable />
        </section>
      </div>
      {opened && (
        <PersonDrawer
          key={opened.id}
          user={opened}
          provider={people.data?.provider ?? null}
          mayEdit={mayEdit}
          onChangeRole={() => setAsked({ action: 'role', user: opened })}
          onChanged={again}
          onClose={() => void setOpen(null)}
        />
      )}
      {inviting && (
        <InviteDialog
          onClose={() => setInviting(false)}
          onMade={(invited, link) => {
            setInviting(false)
            show(invited, link)
          }}
        />
      )}
      {made && <LinkDialog {...made} onClose={() => setMade(null)} />}
      {asked?.action === 'role' && (
        <RoleDialog
          user={asked.user}
          onClose={() => setAsked(null)}
          onChanged={() => {
            setAsked(null)
            void again()
          }}
        />
      )}
      <ConfirmDialog
        {...confirming('reset')}
        destructive={false}
        confirmLabel={t('makeLink')}
        onConfirm={async () => {
          if (who) show(name, await api.post('/api/users/:userId/reset', { params: who }))
        }}
      />
      <ConfirmDialog
        {...confirming('secondFactor')}
        confirmLabel={t('secondFactorConfirm')}
        onConfirm={async () => {
          if (who) await api.delete('/api/users/:userId/second-factor', { params: who })
          await again()
        }}
      />
      <ConfirmDialog
        {...confirming('provider')}
        confirmLabel={t('providerConfirm')}
        onConfirm={async () => {
          if (who) await api.delete('/api/users/:userId/provider', { params: who })
          await again()
        }}
      />
      <ConfirmDialog
        {...confirming('disable')}
        confirmLabel={t('disableConfirm')}
        onConfirm={async () => {
          if (who) await api.patch('/api/users/:userId', { params: who, body: { disabled: true } })
          await again()
        }}
      />
      <ConfirmDialog
        {...confirming('remove')}
        confirmLabel={t('removeConfirm')}
        onConfirm={async () => {
          if (who) await api.delete('/api/users/:userId', { params: who })
          await again()
        }}
      />
    </div>
  )
}
