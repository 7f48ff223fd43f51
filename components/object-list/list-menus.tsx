'use client'
import { Columns3, Group } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { Menu, MenuCheckItem, MenuRadioGroup } from '#components/ui/menu.tsx'
import type { ObjectList } from './use-object-list.ts'

/** How rows are put together; nothing where they cannot be. */
export function GroupMenu<R>({ list }: { list: ObjectList<R> }) {
  const t = useTranslations('lists')
  if (list.groupings.length === 0) return null
  return (
    <Menu
      trigger={
        <Button inPreview size="sm">
          <Group aria-hidden />
          <span className="sr-only">{t('group')}: </span>
          <span className="max-md:sr-only">{list.grouping?.label ?? t('noGroups')}</span>
        </Button>
      }
    >
      <MenuRadioGroup
        value={list.grouping?.id ?? 'none'}
        onValueChange={list.setGrouping}
        options={[
          { value: 'none', label: t('noGroups') },
          ...list.groupings.map(({ id, label }) => ({ value: id, label })),
        ]}
      />
    </Menu>
  )
}

/** Which columns there are. The one that the list is sorted by at first, its name, stays. */
export function ColumnMenu<R>({ list }: { list: ObjectList<R> }) {
  const t = useTranslations('lists')
  const { columns, chosenColumns, sortedBy } = list.options
  if (!chosenColumns) return null
  return (
    <span className="max-md:hidden">
      <Menu
        trigger={
          <Button inPreview size="sm">
            <Columns3 aria-hidden /> {t('columns')}
          </Button>
        }
      >
        {columns.map(({ id, header }) => (
          <MenuCheckItem
            key={id}
            checked={list.visibleColumns.some((column) => column.id === id)}
            disabled={id === sortedBy}
            onCheckedChange={(on) => list.showColumn(id, on)}
          >
            {header}
          </MenuCheckItem>
        ))}
      </Menu>
    </span>
  )
}
