'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, fieldErrors } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { MadeLink, NewInvitation, User } from '#lib/contracts/users.ts'
import { type Role, roles } from '#lib/permissions.ts'

function useRoleOptions() {
  const t = useTranslations('account.roles')
  return [...roles, 'none' as const].map((role) => ({ value: role, label: t(role) }))
}
const roleOf = (choice: Role | 'none'): Role | null => (choice === 'none' ? null : choice)

/** Who is invited; the link is shown by `onMade`. */
export function InviteDialog({
  onClose,
  onMade,
}: {
  onClose(): void
  onMade(name: string, link: MadeLink): void
}) {
  const t = useTranslations('users')
  const common = useTranslations('common')
  const options = useRoleOptions()
  const [input, setInput] = useState<NewInvitation>({ name: '', email: '', role: 'viewer' })
  const given = { ...input, name: input.name.trim(), email: input.email.trim() }
  const make = useMutation({
    mutationFn: () => api.post('/api/invitations', { body: given }),
    onSuccess: (link) => onMade(given.name, link),
  })
  const errors = fieldErrors(make.error)
  const ready = given.name !== '' && given.email !== ''
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !make.isPending && onClose()}
      title={t('inviteTitle')}
      description={t('inviteText')}
      size="sm"
      onSubmit={() => ready && !make.isPending && make.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={make.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" disabled={!ready} busy={make.isPending}>
            {t('makeLink')}
          </Button>
        </>
      }
    >
      <Field label={t('name')} error={errors.name} required>
        {(props) => (
          <Input
            {...props}
            value={input.name}
            maxLength={80}
            autoComplete="off"
            onChange={(event) => setInput({ ...input, name: event.target.value })}
          />
        )}
      </Field>
      <Field label={t('email')} hint={t('emailHint')} error={errors.email} required>
        {(props) => (
          <Input
            {...props}
            type="email"
            value={input.email}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setInput({ ...input, email: event.target.value })}
          />
        )}
      </Field>
      <Field label={t('role')} hint={input.role === null ? t('inviteNone') : undefined}>
        {(props) => (
          <Select
            {...props}
            options={options}
            value={input.role ?? 'none'}
            onValueChange={(role) => setInput({ ...input, role: roleOf(role) })}
          />
        )}
      </Field>
      {make.error && Object.keys(errors).length === 0 && <ErrorNote error={make.error} />}
    </Dialog>
  )
}

/** A link, this once. */
export function LinkDialog({ name, link, onClose }: { name: string; link: MadeLink; onClose(): void }) {
  const t = useTranslations('users')
  const common = useTranslations('common')
  const format = useFormat()
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('linkTitle', { name })}
      description={t('linkText', { name, date: format.dateTime(link.expiresAt) })}
      footer={<Button onClick={onClose}>{common('close')}</Button>}
    >
      <CodeBlock text={link.url} label={t('link')} wrap className="[&_pre]:break-all" />
      <p className="text-caution">{t('linkOnce')}</p>
    </Dialog>
  )
}

export function RoleDialog({ user, onClose, onChanged }: { user: User; onClose(): void; onChanged(): void }) {
  const t = useTranslations('users')
  const common = useTranslations('common')
  const options = useRoleOptions()
  const [role, setRole] = useState(user.role)
  const change = useMutation({
    mutationFn: () => api.patch('/api/users/:userId', { params: { userId: user.id }, body: { role } }),
    onSuccess: onChanged,
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !change.isPending && onClose()}
      title={t('roleTitle', { name: user.name })}
      description={t('roleText', { name: user.name })}
      size="sm"
      onSubmit={() => role !== user.role && !change.isPending && change.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={change.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" disabled={role === user.role} busy={change.isPending}>
            {t('roleSave')}
          </Button>
        </>
      }
    >
      <Field label={t('role')}>
        {(props) => (
          <Select
            {...props}
            options={options}
            value={role ?? 'none'}
            onValueChange={(next) => setRole(roleOf(next))}
          />
        )}
      </Field>
      {change.error && <ErrorNote error={change.error} />}
    </Dialog>
  )
}
