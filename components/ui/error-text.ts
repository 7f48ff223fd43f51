'use client'
import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import type { ApiError } from '#lib/contracts/common.ts'

export interface ErrorText {
  sentence: string
  remedy: string | null
  /** The engine's or library's own words. Show as text only. */
  detail: string | null
  requestId: string | null
  code: string
}

/** Anything thrown: an ApiFailure has its ApiError in `error`; a host's error is one itself. */
function apiErrorOf(thrown: unknown): Partial<ApiError> | null {
  if (typeof thrown !== 'object' || thrown === null) return null
  if ('error' in thrown && typeof thrown.error === 'object' && thrown.error !== null) return thrown.error
  return 'code' in thrown && 'message' in thrown ? (thrown as Partial<ApiError>) : null
}

/** Turns a failure into sentences of the page's language, by its code; the server's own sentence is the fallback. */
export function useErrorText(): (thrown: unknown) => ErrorText {
  const t = useTranslations()
  return useCallback(
    (thrown) => {
      const error = apiErrorOf(thrown)
      const code = typeof error?.code === 'string' ? error.code : 'internal'
      const params = error?.params ?? {}
      // Codes come from the server, newer perhaps than this page: each is looked up, not assumed.
      const lookUp = (key: string): string | null => {
        const full = `errors.${key}` as Parameters<typeof t.has>[0]
        return t.has(full) ? t(full, params as never) : null
      }
      return {
        code,
        sentence: lookUp(code) ?? error?.message ?? t('common.unknownError'),
        remedy: lookUp(`${code}_remedy`),
        detail: error?.detail ?? (error === null && thrown instanceof Error ? thrown.message : null),
        requestId: error?.requestId ?? null,
      }
    },
    [t],
  )
}
