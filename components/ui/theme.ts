'use client'
import { useSyncExternalStore } from 'react'
import { storageKey } from './theme-script.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const listeners = new Set<() => void>()

function stored(): Theme {
  try {
    const value = localStorage.getItem(storageKey)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

function apply(): void {
  const choice = stored()
  const dark =
    choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  for (const listener of listeners) listener()
}

function subscribe(changed: () => void): () => void {
  if (listeners.size === 0) {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply)
    // Another tab chose: all tabs look the same.
    window.addEventListener('storage', apply)
    // What changed while the page was being loaded.
    apply()
  }
  listeners.add(changed)
  return () => {
    listeners.delete(changed)
    if (listeners.size > 0) return
    matchMedia('(prefers-color-scheme: dark)').removeEventListener('change', apply)
    window.removeEventListener('storage', apply)
  }
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, theme)
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
    document.documentElement.dataset.theme = theme
    return
  }
  apply()
}

/** What was chosen; kept per browser. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, stored, () => 'system')
}

/** What is shown: follows the system when 'system' is chosen. */
export function useThemeMode(): 'light' | 'dark' {
  return useSyncExternalStore(
    subscribe,
    () => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'),
    () => 'light',
  )
}
