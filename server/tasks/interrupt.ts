import type { Task } from '#lib/contracts/tasks.ts'
import { AppError } from '../errors.ts'
import type { StepRecord } from './repository.ts'
import { outcomeOf } from './run.ts'

/**
 * What was under way when the server ended has an unknown outcome. Returns whether the task was under way.
 * @param records what is known of its steps beyond their state, which is stored now and then only
 */
export function interrupt(task: Task, records: ReadonlyMap<string, StepRecord> = new Map()): boolean {
  if (task.state !== 'running' && task.state !== 'queued') return false
  const now = new Date().toISOString()
  for (const step of task.steps) {
    if (step.state !== 'running' && step.state !== 'pending') continue
    const record = records.get(step.id)
    if (record?.is === 'ended') Object.assign(step, record.step)
    else if (record || step.state === 'running')
      Object.assign(step, { state: 'unknown', progress: [], finishedAt: now })
    else step.state = 'skipped'
  }
  task.state = outcomeOf(task, AbortSignal.abort(new AppError('shutting_down')))
  task.finishedAt = now
  return true
}
