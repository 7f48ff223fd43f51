import type { Container, ContainerAction, ContainerState } from '#lib/contracts/containers.ts'
import type { Permission } from '#lib/permissions.ts'

/** States in which an engine takes an action. Remove is taken in any, by force where it runs. */
const possible: Record<ContainerAction, readonly ContainerState[] | 'any'> = {
  start: ['created', 'exited', 'dead'],
  stop: ['running', 'paused', 'restarting'],
  restart: ['running', 'exited', 'created', 'paused', 'restarting'],
  pause: ['running'],
  unpause: ['paused'],
  kill: ['running', 'paused', 'restarting'],
  rename: 'any',
  remove: 'any',
}

export const permissionOf: Record<ContainerAction, Permission> = {
  start: 'containers.start',
  stop: 'containers.stop',
  restart: 'containers.restart',
  pause: 'containers.pause',
  unpause: 'containers.pause',
  kill: 'containers.kill',
  rename: 'containers.rename',
  remove: 'containers.remove',
}

export function isPossible(action: ContainerAction, container: Container): boolean {
  const states = possible[action]
  return states === 'any' || states.includes(container.state)
}

/** Splits a selection into what an action makes sense for and what it would be refused for. */
export function planBulk(action: ContainerAction, containers: readonly Container[], force: boolean) {
  const fits = (container: Container) =>
    action === 'remove'
      ? force || !['running', 'paused', 'restarting'].includes(container.state)
      : isPossible(action, container)
  return { run: containers.filter(fits), skip: containers.filter((container) => !fits(container)) }
}

/**
 * Runs work with at most `width` at a time and `perHost` on one host, so that one slow host does not hold the others'
 * places. Stops taking new work when aborted.
 */
export async function runStaged<T extends { hostId: string }>(
  items: readonly T[],
  limits: { width: number; perHost: number },
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const busy = new Map<string, number>()
  const running = new Set<Promise<void>>()
  while (!signal.aborted && (waiting.length > 0 || running.size > 0)) {
    const index = waiting.findIndex((item) => (busy.get(item.hostId) ?? 0) < limits.perHost)
    if (running.size >= limits.width || index < 0) {
      if (running.size === 0) return
      await Promise.race(running)
      continue
    }
    const [item] = waiting.splice(index, 1)
    if (!item) continue
    busy.set(item.hostId, (busy.get(item.hostId) ?? 0) + 1)
    const job: Promise<void> = work(item).finally(() => {
      busy.set(item.hostId, (busy.get(item.hostId) ?? 1) - 1)
      running.delete(job)
    })
    running.add(job)
  }
  await Promise.all(running)
}
