'use client'
import { Monitor, Moon, Sun } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Menu, MenuRadioGroup } from '#components/ui/menu.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { setTheme, themes, useTheme } from '#components/ui/theme.ts'

const icons = { system: <Monitor aria-hidden />, light: <Sun aria-hidden />, dark: <Moon aria-hidden /> }

function useOptions() {
  const t = useTranslations('shell.theme')
  return themes.map((value) => ({ value, label: t(value), icon: icons[value] }))
}

/** In the top bar: shows the present mode, opens the choice. Phones have it on the account page. */
export function ThemeButton() {
  const t = useTranslations('shell.theme')
  const theme = useTheme()
  const options = useOptions()
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={t('current', { theme: t(theme) })}
          className="hidden size-8 place-items-center rounded-md text-ink-muted hover:bg-hover hover:text-ink aria-expanded:bg-hover md:grid [&_svg]:size-4"
        >
          {icons[theme]}
        </button>
      }
    >
      <MenuRadioGroup value={theme} onValueChange={setTheme} options={options} />
    </Menu>
  )
}

/** As part of a page. */
export function ThemeSwitch() {
  const t = useTranslations('shell.theme')
  return <Segmented label={t('label')} value={useTheme()} onValueChange={setTheme} options={useOptions()} />
}
