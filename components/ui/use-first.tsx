'use client'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from './button.tsx'

/** Rows of a plain list at first: what is below it stays in reach, and a list of hundreds opens as fast as one of ten. */
const atFirst = 100

/** The beginning of a list, and the button that shows the rest of it; null where there is no more. */
export function useFirst<T>(list: readonly T[]): [shown: readonly T[], more: ReactNode] {
  const t = useTranslations('common')
  const [all, setAll] = useState(false)
  const left = list.length - atFirst
  if (all || left <= 0) return [list, null]
  return [
    list.slice(0, atFirst),
    <Button key="more" inPreview size="sm" className="self-start" onClick={() => setAll(true)}>
      {t('showMore', { count: left })}
    </Button>,
  ]
}
