'use client'
import { Keyboard, LogOut, UserRound } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'use-intl'
import { useSession } from '#components/data/use-session.ts'
import { useSignOut } from '#components/page/use-sign-out.ts'
import { Menu, MenuItem, MenuLine } from '#components/ui/menu.tsx'

export function AccountMenu({ onShowShortcuts }: { onShowShortcuts(): void }) {
  const t = useTranslations('shell')
  const { user } = useSession()
  const router = useRouter()
  const signOut = useSignOut()
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="grid size-8 place-items-center rounded-full text-xs hover:bg-hover pointer-coarse:size-10"
        >
          <span
            aria-hidden
            className="grid size-6 place-items-center rounded-full bg-press font-semibold text-2xs text-ink-muted"
          >
            {initials(user.name)}
          </span>
          <span className="sr-only">{t('accountMenu', { name: user.name })}</span>
        </button>
      }
    >
      <div className="px-2 pt-1 pb-1.5">
        <div className="truncate font-medium">{user.name}</div>
        <div className="truncate text-ink-faint text-xs">{user.email}</div>
      </div>
      <MenuLine />
      <MenuItem inPreview icon={<UserRound />} onSelect={() => router.push('/account')}>
        {t('account')}
      </MenuItem>
      <MenuItem inPreview icon={<Keyboard />} keys="?" onSelect={onShowShortcuts}>
        {t('shortcuts')}
      </MenuItem>
      <MenuLine />
      <MenuItem inPreview icon={<LogOut />} onSelect={signOut}>
        {t('signOut')}
      </MenuItem>
    </Menu>
  )
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('')
}
