'use client'
import { Plus, ShieldCheck, ShieldX, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { Grant } from '#lib/contracts/access.ts'
import type { User } from '#lib/contracts/users.ts'
import { useGrantText } from './use-access.ts'

const GrantDialog = dynamic(() => import('./grant-dialog.tsx').then((module) => module.GrantDialog), {
  ssr: false,
})

/** What somebody may beside their role, one sentence each. */
export function GrantList({
  user,
  mayEdit,
  onChanged,
}: {
  user: User
  mayEdit: boolean
  onChanged(): Promise<unknown>
}) {
  const t = useTranslations('access')
  const grantText = useGrantText()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Grant | null>(null)
  const { name, id, grants } = user
  if (user.role === 'administrator') return <p className="text-ink-muted">{t('administratorText')}</p>
  return (
    <>
      {grants.length === 0 ? (
        <p className="text-ink-muted">{t(user.role === null ? 'noGrantsAtAll' : 'noGrants')}</p>
      ) : (
        <ul aria-label={t('grants')} className="rounded-md border bg-bg">
          {grants.map((grant) => (
            <li
              key={grant.id}
              className="flex items-start gap-2.5 border-b py-1.5 pr-1.5 pl-3 last:border-b-0"
            >
              {grant.effect === 'allow' ? (
                <ShieldCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-state-running" />
              ) : (
                <ShieldX aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
              )}
              <span className="min-w-0 flex-1 break-words">
                {grantText(grant)}
                {grant.byProvider && <span className="block text-ink-faint text-xs">{t('byProvider')}</span>}
              </span>
              {mayEdit && (
                <IconButton
                  size="sm"
                  className="-my-0.5"
                  label={t('removeGrant', { grant: grantText(grant) })}
                  icon={<Trash2 />}
                  onClick={() => setRemoving(grant)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {mayEdit && (
        <Button size="sm" className="self-start" onClick={() => setAdding(true)}>
          <Plus aria-hidden /> {t('addGrant')}
        </Button>
      )}
      {adding && (
        <GrantDialog
          user={user}
          onClose={() => setAdding(false)}
          onAdded={() => {
            setAdding(false)
            void onChanged()
          }}
        />
      )}
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={t('removeGrantTitle', { name })}
        description={removing && grantText(removing)}
        confirmLabel={t('removeGrantConfirm')}
        onConfirm={async () => {
          if (!removing) return
          await api.delete('/api/users/:userId/grants/:grantId', {
            params: { userId: id, grantId: removing.id },
          })
          toast.success(t('grantRemoved', { name }))
          await onChanged()
        }}
      >
        <p className="text-ink-muted">{t('rightsChangeText', { name })}</p>
        {removing?.byProvider && <p className="text-ink-muted">{t('byProviderRemoved')}</p>}
      </ConfirmDialog>
    </>
  )
}
