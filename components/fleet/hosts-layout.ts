export const layouts = ['rows', 'tiles'] as const
export type HostsLayout = (typeof layouts)[number]

const storageKey = 'roadstead-fleet-hosts'
const listeners = new Set<() => void>()
/** Stands in where the browser forbids storage. */
let unsaved: HostsLayout = 'rows'

export function readLayout(): HostsLayout {
  try {
    return localStorage.getItem(storageKey) === 'tiles' ? 'tiles' : 'rows'
  } catch {
    return unsaved
  }
}

/** Keeps the choice in this browser. */
export function writeLayout(layout: HostsLayout): void {
  unsaved = layout
  try {
    localStorage.setItem(storageKey, layout)
  } catch {
    // Storage is forbidden: kept as long as the page.
  }
  for (const listener of listeners) listener()
}

export function subscribeLayout(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
