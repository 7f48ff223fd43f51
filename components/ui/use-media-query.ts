'use client'
import { useCallback, useSyncExternalStore } from 'react'

/** Follows a media query; false while rendering on the server. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = window.matchMedia(query)
      list.addEventListener('change', changed)
      return () => list.removeEventListener('change', changed)
    },
    [query],
  )
  return useSyncExternalStore(
    subscribe,
    () => window.matchMedia(query).matches,
    () => false,
  )
}

/** Below Tailwind's `md`: bottom bar, sheets and two-line rows. */
export function usePhone(): boolean {
  return useMediaQuery('(max-width: 767.98px)')
}
