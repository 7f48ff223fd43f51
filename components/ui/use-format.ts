'use client'
import { useLocale } from 'use-intl'
import { type Format, formatFor } from '#lib/format.ts'

/** Numbers, sizes and times in the page's language. */
export function useFormat(): Format {
  return formatFor(useLocale())
}
