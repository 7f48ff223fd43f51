import { type ActName, acts, permissionOf as permissionOfAct } from '../acts.ts'
import type { Container, ContainerAction, ContainerState } from '../contracts/containers.ts'
import type { Permission } from '../permissions.ts'

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

export const actOfAction: Record<ContainerAction, ActName> = {
  start: 'container.start',
  stop: 'container.stop',
  restart: 'container.restart',
  pause: 'container.pause',
  unpause: 'container.pause',
  kill: 'container.kill',
  rename: 'container.rename',
  remove: 'container.remove',
}

export const permissionOf = Object.fromEntries(
  Object.entries(actOfAction).map(([action, act]) => [action, permissionOfAct(act)]),
) as Record<ContainerAction, Permission>

export function isPossible(action: ContainerAction, container: Container): boolean {
  const states = possible[action]
  return states === 'any' || states.includes(container.state)
}

/** Running in some way: a remove needs force. */
export const isLive = ({ state }: Pick<Container, 'state'>) =>
  state === 'running' || state === 'paused' || state === 'restarting'

/** Why an action on a container would be refused or do nothing; null when it can be tried. */
export function refusalOf(
  action: ContainerAction,
  container: Container,
  options: { force?: boolean | undefined },
): 'state' | null {
  const fits = action === 'remove' ? options.force || !isLive(container) : isPossible(action, container)
  return fits ? null : 'state'
}

/** What making a container anew in its place takes, besides seeing what it was made of (`containers.reveal`). */
export const recreatePermissions = acts['container.recreate'].needs
