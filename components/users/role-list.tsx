'use client'
import { useQueryClient } from '@tanstack/react-query'
import { MoreHorizontal, Pencil, Plus, Trash2, TriangleAlert } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Badge } from '#components/ui/badge.tsx'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem } from '#components/ui/menu.tsx'
import { rootPermissions } from '#lib/acts.ts'
import type { CustomRole } from '#lib/contracts/access.ts'
import type { User } from '#lib/contracts/users.ts'
import {
  permissions as allPermissions,
  roles as builtIn,
  type Permission,
  rolePermissions,
} from '#lib/permissions.ts'
import { byNoun, nounOf } from './permission-groups.ts'
import { useRoles } from './use-access.ts'

const CustomRoleDialog = dynamic(
  () => import('./custom-role-dialog.tsx').then((module) => module.CustomRoleDialog),
  { ssr: false },
)

/** Built-in roles and those that people of this dashboard made. */
export function RoleList({ users, mayEdit }: { users: readonly User[]; mayEdit: boolean }) {
  const t = useTranslations('access.roles')
  const name = useTranslations('account.roles')
  const client = useQueryClient()
  const roles = useRoles()
  const [editing, setEditing] = useState<CustomRole | 'new' | null>(null)
  const [removing, setRemoving] = useState<CustomRole | null>(null)
  const again = () => client.invalidateQueries({ queryKey: queryKeys.roles() })
  const holders = (role: string) => users.filter((user) => user.grants.some((grant) => grant.role === role))
  const holding = removing ? holders(removing.id) : []
  return (
    <div className="flex flex-col gap-3">
      {roles.error && <ErrorNote error={roles.error} onRetry={() => void roles.refetch()} />}
      <ul aria-label={t('title')} className="rounded-lg border bg-surface">
        {builtIn.map((role) => (
          <RoleRow
            key={role}
            name={name(role)}
            permissions={rolePermissions[role]}
            note={t('people', { count: users.filter((user) => user.role === role).length })}
            isBuiltIn
          />
        ))}
        {roles.data?.map((role) => (
          <RoleRow
            key={role.id}
            name={role.name}
            permissions={role.permissions}
            note={t('grants', { count: role.grants })}
            {...(mayEdit && { onEdit: () => setEditing(role), onRemove: () => setRemoving(role) })}
          />
        ))}
      </ul>
      {mayEdit && (
        <Button size="sm" className="self-start" onClick={() => setEditing('new')}>
          <Plus aria-hidden /> {t('new')}
        </Button>
      )}
      {editing && (
        <CustomRoleDialog
          role={editing === 'new' ? null : editing}
          holders={editing === 'new' ? [] : holders(editing.id).map((user) => user.name)}
          onClose={() => setEditing(null)}
          onSaved={() => {
            setEditing(null)
            void again()
          }}
        />
      )}
      {removing && holding.length > 0 && (
        <Dialog
          open
          size="sm"
          onOpenChange={(open) => !open && setRemoving(null)}
          title={t('inUseTitle', { name: removing.name })}
          description={t('inUseText', { names: holding.map((user) => user.name).join(', ') })}
          footer={<Button onClick={() => setRemoving(null)}>{t('close')}</Button>}
        />
      )}
      <ConfirmDialog
        open={removing !== null && holding.length === 0}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={t('removeTitle', { name: removing?.name ?? '' })}
        description={t('removeText')}
        confirmLabel={t('removeConfirm')}
        onConfirm={async () => {
          if (removing) await api.delete('/api/roles/:roleId', { params: { roleId: removing.id } })
          await again()
        }}
      />
    </div>
  )
}

function RoleRow({
  name,
  permissions,
  note,
  isBuiltIn = false,
  onEdit,
  onRemove,
}: {
  name: string
  permissions: readonly Permission[]
  note: string
  isBuiltIn?: boolean
  onEdit?(): void
  onRemove?(): void
}) {
  const t = useTranslations('access.roles')
  const users = useTranslations('users')
  const groups = byNoun(permissions, (permission) => permission)
  return (
    <li className="flex items-start gap-3 border-b px-3 py-2 last:border-b-0">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
          <span className="break-words font-medium">{name}</span>
          {isBuiltIn && <Badge>{t('builtIn')}</Badge>}
          {permissions.some((permission) => rootPermissions.has(permission)) && (
            <Badge tone="caution">
              <TriangleAlert aria-hidden className="size-3" /> {t('root')}
            </Badge>
          )}
          <span className="ml-auto shrink-0 text-ink-muted text-xs">{note}</span>
        </div>
        <p className="text-ink-muted text-xs">
          {groups
            .map(([noun, list]) => {
              const total = allPermissions.filter((permission) => nounOf(permission) === noun).length
              const values = { noun: users(`noun.${noun}`), count: list.length, total }
              return t(list.length === total ? 'whole' : 'part', values)
            })
            .join(' · ')}
        </p>
      </div>
      <span className="w-6 shrink-0 max-md:empty:hidden">
        {onEdit && onRemove && (
          <Menu
            trigger={
              <IconButton inPreview size="sm" label={t('actionsFor', { name })} icon={<MoreHorizontal />} />
            }
          >
            <MenuItem icon={<Pencil />} onSelect={onEdit}>
              {t('edit')}
            </MenuItem>
            <MenuItem icon={<Trash2 />} destructive onSelect={onRemove}>
              {t('remove')}
            </MenuItem>
          </Menu>
        )}
      </span>
    </li>
  )
}
