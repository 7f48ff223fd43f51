import { randomUUID } from 'node:crypto'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Audit } from '../audit/service.ts'
import type { Access, Person } from '../auth/access.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { TaskRepository } from './repository.ts'
import { HostTurns, type Running, runTask, type Steering } from './run.ts'
import type { PlannedStep, TaskDefinition, TaskEvent, TaskService } from './types.ts'

/** Milliseconds between two announcements of one task, and between two writes of it while it runs. */
const announceMs = 250
const storeMs = 2000
/** Finished tasks kept, over all people. */
const kept = 200
/** Steps of one task; more is a mistake, or an attack on the tray. */
const maximumSteps = 2000

export interface RunningTasks extends TaskService {
  /** Makes a kind known. Every kind before the first request. */
  define(definition: TaskDefinition): void
}

/** Long work over hosts. It belongs to the server: pages come and go, it goes on and keeps its outcome. */
export async function createTaskService(parts: {
  tasks: TaskRepository
  authorize: Authorize
  access: Pick<Access, 'sightOf' | 'authorize' | 'onChanged' | 'personOf' | 'veil'>
  audit: Audit
  log: Log
}): Promise<RunningTasks> {
  const { tasks: repository, authorize, access, audit, log } = parts
  const definitions = new Map<string, TaskDefinition>()
  const listeners = new Set<(event: TaskEvent) => void>()
  const turns = new HostTurns()
  const running = new Map<string, { done: Promise<void>; steering: Steering } & Running>()
  /** Planned anew for a retry: it is not to be retried again or forgotten meanwhile. */
  const retrying = new Set<string>()
  const isBusy = ({ id }: Task) => running.has(id) || retrying.has(id)
  const known = new Map<string, Task>()
  for (const task of await repository.all()) {
    if (interrupt(task)) await repository.update(task)
    known.set(task.id, task)
  }

  const announce = (event: TaskEvent) => {
    // Of one that was forgotten meanwhile, a word would bring it back to every tray.
    if (event.type === 'task' && known.get(event.task.id) !== event.task) return
    for (const listener of listeners) listener(event)
  }
  let closed = false
  const store = async (task: Task) => {
    if (closed) return
    try {
      await repository.update(task)
    } catch (error) {
      log.error({ err: error, task: task.id }, 'a task could not be stored')
    }
  }
  const forget = async (task: Task) => {
    // First here: what awaits the table must not find it any more.
    known.delete(task.id)
    await repository.remove(task.id)
    announce({ type: 'dismissed', id: task.id, userId: task.userId })
  }
  /** The oldest finished beyond the limit. One that runs is never forgotten, however long it has. */
  const forgetOldest = async () => {
    const over = [...known.values()].filter((task) => !isBusy(task)).sort(newestFirst)
    await Promise.all(over.slice(kept).map(forget))
  }
  await forgetOldest()
  const definitionOf = (kind: string): TaskDefinition => {
    const definition = definitions.get(kind)
    if (!definition) throw new AppError('not_found', { detail: `No task of the kind ${kind}` })
    return definition
  }
  /** Of one's own, none that is about hosts that one does not see any more. */
  const shows = (principal: Principal, task: Task) =>
    mine(access.personOf(principal), task) &&
    task.steps.every(({ hostId }) => access.sightOf(principal).host(hostId))
  const find = (principal: Principal, id: string): Task => {
    const task = known.get(id)
    if (!task || !shows(principal, task)) throw new AppError('task_not_found', { objectId: id })
    return task
  }
  const begin = (task: Task, steps: PlannedStep[], principal: Principal) => {
    const abort = new AbortController()
    const planned = new Map(steps.map((step) => [step.key, step]))
    task.state = 'running'
    task.finishedAt = null
    const soon = every(announceMs, () => announce({ type: 'task', task }))
    const stored = every(storeMs, () => void store(task))
    const targetOf = ({ hostId, objectId }: PlannedStep) => ({ hostId, ...(objectId ? { objectId } : {}) })
    const allowed = (step: PlannedStep) => authorize(principal, step.permission, targetOf(step))
    const intend = ({ permission, hostId, objectId, subject, verb }: PlannedStep) =>
      audit.begin(principal, {
        ...{ action: permission, hostId, objectId, taskId: task.id, summary: `${verb} ${subject}` },
      })
    const changed = () => {
      soon.call()
      stored.call()
    }
    const steering = runTask(
      { task, planned, abort },
      {
        ...{ turns, allowed, intend, changed },
        veil: (error) => access.veil(principal, error),
      },
    )
    // What is under way ends with the right to it.
    const unsubscribe = access.onChanged(() => {
      for (const step of task.steps) {
        const plan = planned.get(step.id)
        if (step.state !== 'running' || !plan) continue
        try {
          access.authorize(principal, plan.permission, targetOf(plan))
        } catch {
          steering.cancelStep(step)
        }
      }
    })
    const work = async () => {
      await steering.done
      unsubscribe()
      soon.stop()
      stored.stop()
      running.delete(task.id)
      await store(task)
      announce({ type: 'task', task })
      if (!closed) await forgetOldest().catch((error) => log.error({ err: error }, 'old tasks stay'))
    }
    running.set(task.id, { task, planned, abort, steering, done: work() })
    announce({ type: 'task', task })
  }

  return {
    define(definition) {
      definitions.set(definition.kind, definition)
    },
    async start(principal, kind, given, options) {
      const definition = definitionOf(kind)
      const input = definition.input.parse(given)
      const steps = await definition.plan(input, principal)
      if (steps.length === 0) throw new AppError('task_empty')
      if (steps.length > maximumSteps)
        throw new AppError('task_too_large', { params: { limit: maximumSteps } })
      const task: Task = {
        id: randomUUID(),
        kind,
        params: definition.params(input),
        state: 'queued',
        userId: principal.userId,
        createdAt: new Date().toISOString(),
        finishedAt: null,
        ...options,
        steps: steps.map(fresh),
      }
      await repository.insert(task, input)
      known.set(task.id, task)
      begin(task, steps, principal)
      return task
    },
    list: (principal) => [...known.values()].filter((task) => shows(principal, task)).sort(newestFirst),
    shows,
    get: find,
    cancel(principal, id, stepId) {
      const task = find(principal, id)
      const current = running.get(id)
      if (stepId !== undefined) current?.steering.cancelStep(stepOf(task, stepId))
      else current?.abort.abort(new AppError('task_cancelled'))
      return task
    },
    async retry(principal, id, stepId) {
      const task = find(principal, id)
      const only = stepId === undefined ? null : stepOf(task, stepId)
      const current = running.get(id)
      // Beside those that still run, one that is over can begin again.
      if (only && current && task.state === 'running' && isOver(only)) {
        reset(only)
        current.steering.again(only)
        return task
      }
      if (isBusy(task)) throw new AppError('task_running', { objectId: id })
      const definition = definitionOf(task.kind)
      retrying.add(id)
      try {
        const input = definition.input.parse(await repository.input(id))
        const steps = await definition.plan(input, principal)
        for (const step of only ? [only] : task.steps) if (step.state !== 'succeeded') reset(step)
        await store(task)
        begin(task, steps, principal)
      } finally {
        retrying.delete(id)
      }
      return task
    },
    async dismiss(principal, id) {
      const task = find(principal, id)
      if (isBusy(task)) throw new AppError('task_running', { objectId: id })
      await forget(task)
    },
    endOf(userId) {
      for (const { task, abort } of running.values())
        if (task.userId === userId) abort.abort(new AppError('task_cancelled'))
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async stop() {
      const under = [...running.values()]
      // Copies: the aborted runs below call their steps cancelled, which only we know not to be the whole truth.
      const interrupted = under.map(({ task }) => structuredClone(task)).filter(interrupt)
      for (const task of interrupted) await store(task)
      closed = true
      for (const { abort } of under) abort.abort(new AppError('shutting_down'))
      await Promise.allSettled(under.map(({ done }) => done))
    },
  }
}

/** What was under way when the server ended has an unknown outcome. Returns whether the task was under way. */
function interrupt(task: Task): boolean {
  if (task.state !== 'running' && task.state !== 'queued') return false
  const now = new Date().toISOString()
  task.state = 'interrupted'
  task.finishedAt = now
  for (const step of task.steps) {
    if (step.state === 'running') Object.assign(step, { state: 'unknown', finishedAt: now })
    else if (step.state === 'pending') step.state = 'skipped'
  }
  return true
}

const newestFirst = (a: Task, b: Task) => (a.createdAt < b.createdAt ? 1 : -1)

/** Calls `work` at most once in that time, and once more after the last call. */
function every(milliseconds: number, work: () => void): { call(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  return {
    call() {
      timer ??= setTimeout(() => {
        timer = undefined
        work()
      }, milliseconds)
    },
    stop: () => clearTimeout(timer),
  }
}

/** Throws task_step_gone. */
function stepOf(task: Task, stepId: string): TaskStep {
  const step = task.steps.find(({ id }) => id === stepId)
  if (!step) throw new AppError('task_step_gone', { objectId: task.id })
  return step
}

const isOver = ({ state }: TaskStep) => state !== 'pending' && state !== 'running' && state !== 'succeeded'

/** Whether somebody may see and steer a task. */
export const mine = ({ userId, role }: Person, task: Pick<Task, 'userId'>) =>
  task.userId === userId || role === 'administrator'

function fresh({ key, hostId, subject, verb }: PlannedStep): TaskStep {
  return {
    ...{ id: key, hostId, subject, verb, state: 'pending', progress: [] },
    ...{ error: null, result: null, startedAt: null, finishedAt: null },
  }
}

function reset(step: TaskStep): void {
  Object.assign(step, {
    ...{ state: 'pending', progress: [], error: null, result: null },
    ...{ startedAt: null, finishedAt: null },
  } satisfies Partial<TaskStep>)
}
