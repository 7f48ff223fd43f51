'use client'
import { Eye, UserCog } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Section } from '#components/details/section.tsx'
import { Button } from '#components/ui/button.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import type { User } from '#lib/contracts/users.ts'
import { AccessExplanation } from './access-explanation.tsx'
import { GrantList } from './grant-list.tsx'
import { canBePreviewed, usePreview, useRoleName } from './use-access.ts'

/** What one person may: by their role, by grants, and what comes of both. */
export function PersonDrawer({
  user,
  provider,
  mayEdit,
  onChangeRole,
  onChanged,
  onClose,
}: {
  user: User
  /** The identity provider's name. */
  provider: string | null
  mayEdit: boolean
  onChangeRole(): void
  onChanged(): Promise<unknown>
  onClose(): void
}) {
  const t = useTranslations('access')
  const users = useTranslations('users')
  const roleName = useRoleName()
  const preview = usePreview()
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={user.name}
      subtitle={user.email}
      actions={
        mayEdit &&
        canBePreviewed(user) && (
          <Button size="sm" onClick={() => preview(user)}>
            <Eye aria-hidden /> {t('preview')}
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-6 p-4">
        <Section title={users('role')}>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <span className="font-medium">{roleName(user.role)}</span>
            {mayEdit && !user.self && (
              <Button size="sm" onClick={onChangeRole}>
                <UserCog aria-hidden /> {users('changeRole')}
              </Button>
            )}
          </div>
          <p className="text-ink-muted">{t(user.role === null ? 'roleNone' : 'roleEverywhere')}</p>
        </Section>
        {user.provider !== null && provider && (
          <Section title={users('provider')}>
            <p className="break-words text-ink-muted">
              {users('providerSubject', { provider, subject: user.provider })}
            </p>
          </Section>
        )}
        <Section title={t('grants')}>
          <GrantList user={user} mayEdit={mayEdit} onChanged={onChanged} />
        </Section>
        <Section title={t('explain.title', { name: user.name })}>
          <AccessExplanation user={user} />
        </Section>
      </div>
    </Drawer>
  )
}
