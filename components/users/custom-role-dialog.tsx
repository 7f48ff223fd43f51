'use client'
import { useMutation } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, fieldErrors } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { cn } from '#components/ui/cn.ts'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { rootPermissions } from '#lib/acts.ts'
import type { CustomRole, NewRole } from '#lib/contracts/access.ts'
import { grantablePermissions, type Permission } from '#lib/permissions.ts'
import { byNoun, type Noun } from './permission-groups.ts'

/** Makes a role of named permissions, or changes one. */
export function CustomRoleDialog({
  role,
  holders,
  onClose,
  onSaved,
}: {
  role: CustomRole | null
  /** Names of those who have it by a grant. */
  holders: readonly string[]
  onClose(): void
  onSaved(): void
}) {
  const t = useTranslations('access.roles')
  const common = useTranslations('common')
  const [name, setName] = useState(role?.name ?? '')
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set(role?.permissions))
  const given: NewRole = {
    name: name.trim(),
    permissions: grantablePermissions.filter((permission) => chosen.has(permission)),
  }
  const ready = given.name !== '' && given.permissions.length > 0
  const save = useMutation({
    mutationFn: () =>
      role
        ? api.patch('/api/roles/:roleId', { params: { roleId: role.id }, body: given })
        : api.post('/api/roles', { body: given }),
    onSuccess: onSaved,
  })
  const errors = fieldErrors(save.error)
  const set = (permissions: readonly Permission[], on: boolean) => {
    const next = new Set(chosen)
    for (const permission of permissions) {
      if (on) next.add(permission)
      else next.delete(permission)
    }
    setChosen(next)
  }
  const roots = given.permissions.some((permission) => rootPermissions.has(permission))
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && !save.isPending && onClose()}
      title={role ? t('editTitle', { name: role.name }) : t('newTitle')}
      description={
        holders.length > 0 ? t('editText', { names: holders.join(', ') }) : t(role ? 'editFree' : 'newText')
      }
      onSubmit={() => ready && !save.isPending && save.mutate()}
      footer={
        <>
          <span role="status" className="mr-auto text-ink-muted text-xs">
            {t('chosen', { count: given.permissions.length })}
          </span>
          <Button onClick={onClose} disabled={save.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" disabled={!ready} busy={save.isPending}>
            {t(role ? 'save' : 'make')}
          </Button>
        </>
      }
    >
      <Field label={t('name')} error={errors.name} required>
        {(props) => (
          <Input
            {...props}
            value={name}
            maxLength={60}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {/* There from the start: a warning that appears would push away the box that is about to be pressed. */}
      <p
        className={cn(
          'flex items-start gap-2 rounded-md px-3 py-2',
          roots ? 'bg-caution-soft text-caution' : 'bg-bg text-ink-muted',
        )}
      >
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        {t('rootText')}
      </p>
      <div className="grid gap-x-6 gap-y-5 md:grid-cols-2">
        {byNoun(grantablePermissions, (permission) => permission).map(([noun, permissions]) => (
          <NounFields key={noun} noun={noun} permissions={permissions} chosen={chosen} onSet={set} />
        ))}
      </div>
      {save.error && Object.keys(errors).length === 0 && <ErrorNote error={save.error} />}
    </Dialog>
  )
}

/** The permissions about one kind of thing, and one box for all of them. */
function NounFields({
  noun,
  permissions,
  chosen,
  onSet,
}: {
  noun: Noun
  permissions: readonly Permission[]
  chosen: ReadonlySet<Permission>
  onSet(permissions: readonly Permission[], on: boolean): void
}) {
  const t = useTranslations('access')
  const users = useTranslations('users')
  const id = useId()
  const count = permissions.filter((permission) => chosen.has(permission)).length
  return (
    <div
      role="group"
      aria-labelledby={id}
      className={permissions.length > 8 ? 'flex flex-col gap-2 md:row-span-4' : 'flex flex-col gap-2'}
    >
      <label className="flex items-center gap-2.5 border-b pb-1.5 font-semibold">
        <Checkbox
          aria-label={t('roles.allOf', { noun: users(`noun.${noun}`) })}
          checked={count === permissions.length}
          indeterminate={count > 0 && count < permissions.length}
          onChange={(event) => onSet(permissions, event.target.checked)}
        />
        <span id={id}>{users(`noun.${noun}`)}</span>
      </label>
      {permissions.map((permission) => (
        <CheckField
          key={permission}
          label={
            <>
              {users(`permission.${permission}`)}
              {rootPermissions.has(permission) && (
                <TriangleAlert
                  aria-label={t('roles.root')}
                  className="ml-1.5 inline size-3.5 align-[-2px] text-caution"
                />
              )}
            </>
          }
          hint={t(`permission.${permission}`)}
        >
          {(props) => (
            <Checkbox
              {...props}
              checked={chosen.has(permission)}
              onChange={(event) => onSet([permission], event.target.checked)}
            />
          )}
        </CheckField>
      ))}
    </div>
  )
}
