'use client'
import { useSyncExternalStore } from 'react'
import { railStorageKey } from '#components/ui/theme-script.ts'

const listeners = new Set<() => void>()

/** Collapses or expands the rail; kept per browser. The layout follows `data-rail` in CSS, set before the first paint. */
export function toggleRail(): void {
  const narrow = document.documentElement.dataset.rail !== 'narrow'
  document.documentElement.dataset.rail = narrow ? 'narrow' : 'wide'
  try {
    localStorage.setItem(railStorageKey, narrow ? 'narrow' : 'wide')
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  for (const listener of listeners) listener()
}

export function useRailNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => document.documentElement.dataset.rail === 'narrow',
    () => false,
  )
}
