'use client'
import { useTranslations } from 'use-intl'
import { useShortcut } from '#components/ui/shortcuts.ts'

export interface TableKeys {
  move(step: number): void
  first(): void
  last(): void
  open(): void
  toggle(): void
  actions(): void
  selectAll(): void
  clear(): void
}

/** The keys of every table, listed by `?`. */
export function useTableKeys(keys: TableKeys, selecting: boolean): void {
  const t = useTranslations('common.tableKeys')
  const list = { group: 'list' } as const
  useShortcut('j', () => keys.move(1), { ...list, label: t('next') })
  useShortcut('ArrowDown', () => keys.move(1), { ...list, label: t('next') })
  useShortcut('k', () => keys.move(-1), { ...list, label: t('previous') })
  useShortcut('ArrowUp', () => keys.move(-1), { ...list, label: t('previous') })
  useShortcut('Home', () => keys.first(), { ...list, label: t('first') })
  useShortcut('End', () => keys.last(), { ...list, label: t('last') })
  useShortcut('Enter', () => keys.open(), { ...list, label: t('open') })
  useShortcut('.', () => keys.actions(), { ...list, label: t('actions') })
  useShortcut('x', () => keys.toggle(), { group: 'selection', label: t('toggle') })
  useShortcut('mod+a', () => keys.selectAll(), { group: 'selection', label: t('selectAll') })
  useShortcut('Escape', () => keys.clear(), { group: 'selection', label: t('clear'), enabled: selecting })
}
