import { useSyncExternalStore } from 'react'

/** A terminal that runs in this page, shown or not. */
export interface OpenTerminal {
  key: string
  hostId: string
  containerId: string
  /** What it is resumed by after a reload; null while it is being opened. */
  id: string | null
  /** How it was opened. */
  choice: { mode: 'exec' | 'attach'; shell: string; user: string; workingDirectory: string }
}

/** Of this tab alone: another one has terminals of its own. */
const place = 'roadstead.terminals'
const listeners = new Set<() => void>()
const none: readonly OpenTerminal[] = []
let all: readonly OpenTerminal[] | null = null

/** Those that the page had before it was loaded again count as open: the server keeps them for some minutes. */
function remembered(): readonly OpenTerminal[] {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? '[]') as OpenTerminal[]
  } catch {
    return none
  }
}

export function openTerminals(): readonly OpenTerminal[] {
  all ??= remembered()
  return all
}

/** Of the terminals' own code, which is large and loaded with the first of them: every page shows how many there are. */
export function tellOpenTerminals(terminals: readonly OpenTerminal[]): void {
  all = terminals
  try {
    sessionStorage.setItem(place, JSON.stringify(terminals.filter(({ id }) => id !== null)))
  } catch {
    // A browser that stores nothing: a reload opens new ones.
  }
  for (const listener of listeners) listener()
}

export function useOpenTerminals(): readonly OpenTerminal[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    openTerminals,
    () => none,
  )
}
