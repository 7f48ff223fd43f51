import type { Container } from '../contracts/containers.ts'
import { undoerOf } from './managed-by.ts'
import { isPossible } from './rules.ts'

/** What can be said of a container by its name, without a question that has to be asked first. */
export const sayableActions = ['restart', 'stop', 'start', 'pause', 'unpause', 'logs', 'terminal'] as const
export type SayableAction = (typeof sayableActions)[number]

/** So many letters of an action have to be there: one letter finds a container and no action. */
const leastLetters = 2
const mostFound = 30

/**
 * What was meant by "restart shop": each action whose word begins so, on each container whose name has the other words and
 * whose state takes it. Nothing where no name follows: an action on everything is nobody's wish.
 * @param words the actions' own words in the reader's language, lower case
 */
export function namedActions(
  typed: string,
  containers: Iterable<Container>,
  words: Readonly<Record<SayableAction, string>>,
): { action: SayableAction; container: Container }[] {
  const [verb = '', ...names] = typed.toLowerCase().split(/\s+/).filter(Boolean)
  if (verb.length < leastLetters || names.length === 0) return []
  const actions = sayableActions.filter((action) => words[action].startsWith(verb))
  const found: { action: SayableAction; container: Container }[] = []
  if (actions.length === 0) return found
  for (const container of containers) {
    const name = container.name.toLowerCase()
    // A host may follow the name: "restart shop on web-1" is found by the label of the command.
    if (!name.includes(names[0] as string)) continue
    for (const action of actions) if (takes(action, container)) found.push({ action, container })
    if (found.length >= mostFound) break
  }
  return found
}

function takes(action: SayableAction, container: Container): boolean {
  if (action === 'logs') return true
  if (action === 'terminal') return container.state === 'running'
  return isPossible(action, container) && !(action === 'stop' && undoerOf('stop', container))
}
