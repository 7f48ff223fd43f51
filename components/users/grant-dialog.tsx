'use client'
import { useMutation } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Select } from '#components/ui/select.tsx'
import { toast } from '#components/ui/toast.tsx'
import { rootPermissions } from '#lib/acts.ts'
import type { Grant, NewGrant } from '#lib/contracts/access.ts'
import type { User } from '#lib/contracts/users.ts'
import { GrantFields, useMatches } from './grant-fields.tsx'
import { selectorsOf, wholeFleet } from './grant-place.ts'
import { useGrantText, usePermissionsOf, useRoleName, useRoles } from './use-access.ts'

/** Gives somebody a role on a part of the fleet, or denies it there, and says at once what that takes in. */
export function GrantDialog({
  user: { id, name },
  onClose,
  onAdded,
}: {
  user: User
  onClose(): void
  onAdded(): void
}) {
  const t = useTranslations('access.grant')
  const common = useTranslations('common')
  const labels = useTranslations('users.permission')
  const roles = useRoles()
  const roleName = useRoleName()
  const permissionsOf = usePermissionsOf()
  const grantText = useGrantText()
  const [effect, setEffect] = useState<Grant['effect']>('allow')
  const [role, setRole] = useState<Grant['role']>('viewer')
  const [place, setPlace] = useState(wholeFleet)
  const selectors = selectorsOf(place)
  const matches = useMatches(selectors)
  const add = useMutation({
    mutationFn: (grant: NewGrant) =>
      api.post('/api/users/:userId/grants', { params: { userId: id }, body: grant }),
    onSuccess() {
      toast.success(t('added', { name }))
      onAdded()
    },
  })
  const rooting = permissionsOf(role).filter((permission) => rootPermissions.has(permission))
  const counts = { containers: matches.containers.length, hosts: matches.hosts.length }
  const spread = {
    containers: counts.containers,
    hosts: new Set(matches.containers.map((one) => one.hostId)).size,
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !add.isPending && onClose()}
      title={t('title', { name })}
      description={t('text', { name })}
      onSubmit={() => selectors && !add.isPending && add.mutate({ effect, role, ...selectors })}
      footer={
        <>
          <Button onClick={onClose} disabled={add.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" disabled={!selectors} busy={add.isPending}>
            {t('submit')}
          </Button>
        </>
      }
    >
      <div className="grid items-end gap-3 md:grid-cols-[auto_1fr]">
        <Segmented
          label={t('effect')}
          value={effect}
          onValueChange={(next: Grant['effect']) => setEffect(next)}
          options={[
            { value: 'allow', label: t('effectAllow') },
            { value: 'deny', label: t('effectDeny') },
          ]}
        />
        <Field label={t('role')}>
          {(props) => (
            <Select<string>
              {...props}
              value={role}
              onValueChange={setRole}
              options={['viewer', 'operator', ...(roles.data ?? []).map((custom) => custom.id)].map(
                (value) => ({
                  value,
                  label: roleName(value),
                }),
              )}
            />
          )}
        </Field>
      </div>
      {roles.error && <ErrorNote error={roles.error} onRetry={() => void roles.refetch()} />}
      <GrantFields value={place} onChange={setPlace} />
      <div role="status" className="flex min-h-16 flex-col gap-1 rounded-md border bg-bg px-3 py-2">
        {selectors ? (
          <>
            <p className="break-words font-medium">{grantText({ effect, role, ...selectors })}</p>
            <p
              className={
                (selectors.containers.kind === 'all' ? counts : spread).hosts === 0
                  ? 'text-caution'
                  : 'text-ink-muted'
              }
            >
              {selectors.containers.kind === 'all'
                ? t('matchesHosts', counts)
                : t('matchesContainers', spread)}
            </p>
          </>
        ) : (
          <p className="text-ink-muted">{t('incomplete')}</p>
        )}
      </div>
      {effect === 'allow' && selectors?.hosts.kind === 'all' && selectors.containers.kind !== 'all' && (
        <p className="text-ink-muted">{t('showsHosts')}</p>
      )}
      {effect === 'deny' && <p className="text-ink-muted">{t('denyText')}</p>}
      {effect === 'allow' && rooting.length > 0 && (
        <p className="flex items-start gap-2 rounded-md bg-caution-soft px-3 py-2 text-caution">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span>
            {t('rootText', {
              role: roleName(role),
              what: rooting.map((permission) => labels(permission).toLowerCase()).join(', '),
            })}
          </span>
        </p>
      )}
      {add.error && <ErrorNote error={add.error} />}
    </Dialog>
  )
}
