'use client'
import { useSearchParams } from 'next/navigation'
import { parseAsString, useQueryState } from 'nuqs'
import { useCallback, useMemo } from 'react'
import { formatScope, parseScope, type Scope } from './scope.ts'

export { inScope, type Scope } from './scope.ts'

/** The hosts that every page is about, kept in `?scope=`. */
export function useScope(): { scope: Scope; setScope(scope: Scope): void } {
  const [text, setText] = useQueryState('scope', parseAsString.withOptions({ history: 'push' }))
  const scope = useMemo(() => parseScope(text), [text])
  const setScope = useCallback((next: Scope) => void setText(formatScope(next)), [setText])
  return { scope, setScope }
}

/** Gives a path of ours the present scope, so that it survives going to another page. */
export function useScopedHref(): (path: string) => string {
  const scope = useSearchParams().get('scope')
  return useCallback(
    (path) => {
      if (!scope) return path
      const [bare, search = ''] = path.split('?', 2)
      const params = new URLSearchParams(search)
      params.set('scope', scope)
      return `${bare}?${params}`
    },
    [scope],
  )
}
