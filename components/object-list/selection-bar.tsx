'use client'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { IconButton } from '#components/ui/icon-button.tsx'
import type { ObjectList } from './use-object-list.ts'

/** The bar below the table while rows are selected: how many, and what can be done with them. */
export function SelectionBar<R>({
  list,
  label,
  children,
}: {
  list: ObjectList<R>
  /** For screen readers: "Actions on the selected images". */
  label: string
  children: ReactNode
}) {
  const t = useTranslations('common')
  return (
    <section aria-label={label} className="shrink-0 border-t bg-raised">
      <div className="flex items-center gap-1.5 overflow-x-auto px-4 py-1.5 md:px-5">
        <span className="mr-2 whitespace-nowrap font-medium">
          {t('selected', { count: list.selection.length })}
        </span>
        {children}
        <IconButton
          inPreview
          className="ml-auto"
          size="sm"
          label={t('clear')}
          keys="Escape"
          icon={<X />}
          onClick={list.clearSelection}
        />
      </div>
    </section>
  )
}
