const listeners = new Set<() => void>()

/** Opens the tray: something has just been put into it. */
export function openTray(): void {
  for (const listener of listeners) listener()
}

export function onOpenTray(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
