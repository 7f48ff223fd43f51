const listeners = new Set<() => void>()

/** Opens the tray: something has just been put into it. */
export function openTray(): void {
  for (const listener of listeners) listener()
}

export function onOpenTray(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export interface StepOutput {
  taskId: string
  hostId: string
}
const outputListeners = new Set<(output: StepOutput) => void>()

/** Opens what a step's program said, in place of the tray. */
export function openOutput(output: StepOutput): void {
  for (const listener of outputListeners) listener(output)
}

export function onOpenOutput(listener: (output: StepOutput) => void): () => void {
  outputListeners.add(listener)
  return () => outputListeners.delete(listener)
}
