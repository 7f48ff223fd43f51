import { z } from 'zod'
import { actOfAction } from '#lib/containers/rules.ts'
import { bulkInputSchema } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import type { TakenUp } from '../../tasks/types.ts'

/** What is on the disk before an action is begun at an engine. */
const keptActionSchema = bulkInputSchema.pick({ action: true, options: true }).extend({
  containerId: z.string(),
  name: z.string(),
  /** Of its last start, by the engine's clock; null when that is not known. */
  startedAt: z.string().nullable(),
})
type KeptAction = z.infer<typeof keptActionSchema>

export function keptAction(
  { action, options }: Pick<KeptAction, 'action' | 'options'>,
  { id, name, startedAt }: Container,
): KeptAction {
  return { action, options, containerId: id, name, startedAt }
}

/** Seconds that engines give a container to stop when nothing is said, and what they may take beyond it. */
const usualGrace = 10
const beyond = 5

/** What came of an action that the server's end has cut. A stop may still go on at the engine for as long as it was given. */
export function takenUpAction(given: unknown): TakenUp<TaskResult<'containers.action'>> {
  const state = keptActionSchema.parse(given)
  const { action, options, name } = state
  const takesTime = action === 'stop' || action === 'restart'
  return inquiry({
    act: actOfAction[action],
    subject: name,
    state,
    patienceMs: takesTime ? ((options.graceSeconds ?? usualGrace) + beyond) * 1000 : 0,
    async look(engine) {
      if (!(await isDone(engine, state))) throw notDone()
      return { outcome: 'done' }
    },
  })
}

/** Throws when the engine cannot tell, and container_not_found. */
async function isDone(
  engine: EngineClient,
  { action, options, containerId, startedAt }: KeptAction,
): Promise<boolean> {
  const now = await engine.containers.read(containerId)
  if (action === 'remove') return now === null
  if (!now) throw new AppError('container_not_found', { objectId: containerId })
  const isUp = ['running', 'paused', 'restarting'].includes(now.state)
  const wasStarted = async () => {
    const { State } = (await engine.containers.inspect(containerId)) as { State?: { StartedAt?: string } }
    const at = Date.parse(State?.StartedAt ?? '')
    if (startedAt === null || Number.isNaN(at)) throw new AppError('step_outcome_unknown')
    return at !== Date.parse(startedAt)
  }
  switch (action) {
    case 'start':
      return isUp || wasStarted()
    case 'restart':
      return isUp && wasStarted()
    case 'stop':
      return !isUp
    case 'kill':
      // Of other signals than this one nobody sees whether they came.
      if (isUp && options.signal !== 'SIGKILL') throw new AppError('step_outcome_unknown')
      return !isUp
    case 'pause':
      return now.state === 'paused'
    case 'unpause':
      return now.state === 'running'
  }
}
