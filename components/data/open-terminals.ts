import { useSyncExternalStore } from 'react'

/** A terminal that runs in this page, shown or not. */
export interface OpenTerminal {
  key: string
  hostId: string
  containerId: string
}

const listeners = new Set<() => void>()
let all: readonly OpenTerminal[] = []
const none: readonly OpenTerminal[] = []

/** Of the terminals' own code, which is large and loaded with the first of them: every page shows how many there are. */
export function tellOpenTerminals(terminals: readonly OpenTerminal[]): void {
  all = terminals
  for (const listener of listeners) listener()
}

export function useOpenTerminals(): readonly OpenTerminal[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => all,
    () => none,
  )
}
