'use client'
import { useTranslations } from 'use-intl'
import { useNow } from './clock.ts'
import { cn } from './cn.ts'
import { useFormat } from './use-format.ts'

/**
 * How long ago, live ("4m", with `ago` "4m ago"); the exact time is its title. Its box has room for any age, so nothing
 * beside it moves. Renders a dash for null.
 */
export function Age({
  at,
  ago = false,
  className,
}: {
  at: string | null
  ago?: boolean
  className?: string
}) {
  const t = useTranslations('common')
  const format = useFormat()
  const text = useNow((now) => (at === null ? null : format.age(at, now)))
  if (at === null || text === null) return <span className={cn('text-ink-faint', className)}>–</span>
  return (
    <time
      dateTime={at}
      title={format.dateTime(at)}
      className={cn('inline-block min-w-[4ch] whitespace-nowrap', className)}
      suppressHydrationWarning
    >
      {ago ? t('ago', { age: text }) : text}
    </time>
  )
}
