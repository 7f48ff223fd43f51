import { randomUUID } from 'node:crypto'
import { permissionOf } from '#lib/acts.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Access, Person } from '../access/access.ts'
import { authorizeAct } from '../acts/authorize-act.ts'
import type { Audit } from '../audit/service.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import { sleep } from '../fleet/waiting.ts'
import type { Log } from '../log.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import { Publisher } from '../publisher.ts'
import { KnownEnd } from './change.ts'
import { every } from './every.ts'
import { inquired } from './inquiry.ts'
import { interrupt } from './interrupt.ts'
import { createKeeping } from './keeping.ts'
import { lookAfterCut } from './look.ts'
import { createPlans } from './plans.ts'
import type { StepRecord, TaskRepository } from './repository.ts'
import { HostLimiter, isEnding, outcomeOf, type Running, runTask, type TaskControl } from './run.ts'
import { type LeftStep, takeUp } from './take-up.ts'
import type { PlannedStep, TaskDefinition, TaskEvent, TaskService } from './types.ts'

/** Milliseconds between two announcements of one task, and between two writes of it while it runs. */
const announceMs = 250
const storeMs = 2000
/** Milliseconds that tasks have to end in order when the server ends, of those that it has for all (shutdown.ts). */
const endingMs = 4000
/** Milliseconds for those that are left to say so. */
const leavingMs = 300
/** Finished tasks kept, over all people. */
const kept = 200
/** Steps of one task; more is a mistake, or an attack on the tray. */
const maximumSteps = 2000

export interface RunningTasks extends TaskService {
  /** Makes a kind known. Every kind before the first request. */
  define(definition: TaskDefinition): void
  /** Goes on with the changes that the last end of the server has cut. When every kind is defined. */
  takeUp(): void
}

/** Long work over hosts. It belongs to the server: pages come and go, it goes on and keeps its outcome. */
export async function createTaskService(parts: {
  tasks: TaskRepository
  authorize: Authorize
  access: Pick<Access, 'visibilityOf' | 'authorize' | 'onChanged' | 'personOf' | 'redactError'>
  audit: Audit
  registry: HostRegistry
  log: Log
}): Promise<RunningTasks> {
  const { tasks: repository, authorize, access, audit, registry, log } = parts
  const definitions = new Map<string, TaskDefinition>()
  const events = new Publisher<TaskEvent>(log)
  const turns = new HostLimiter()
  const running = new Map<string, { done: Promise<void>; control: TaskControl } & Running>()
  /** Planned anew for a retry: it is not to be retried again or forgotten meanwhile. */
  const retrying = new Set<string>()
  /** Changes that the last end of the server has cut. */
  const left: { task: Task; step: TaskStep; record: StepRecord & { is: 'change' } }[] = []
  const isBusy = (task: Task) =>
    running.has(task.id) || retrying.has(task.id) || left.some((one) => one.task === task)
  const known = new Map<string, Task>()
  const plans = createPlans({ repository, registry })
  const keeping = createKeeping(repository, log)
  const leaving = new AbortController()
  const records = Map.groupBy(await repository.plans(), ({ taskId }) => taskId)
  for (const task of await repository.all()) {
    const ofSteps = new Map(records.get(task.id)?.map(({ stepId, record }) => [stepId, record]))
    const wasUnder = interrupt(task, ofSteps)
    const open = task.steps.flatMap((step) => {
      const record = ofSteps.get(step.id)
      return record?.is === 'change' && step.state === 'unknown' ? { task, step, record } : []
    })
    left.push(...open)
    if (wasUnder && open.length === 0) await keeping.finish(task)
    known.set(task.id, task)
  }

  const announce = (event: TaskEvent) => {
    // Of one that was forgotten meanwhile, a word would bring it back to every tray.
    if (event.type === 'task' && known.get(event.task.id) !== event.task) return
    events.publish(event)
  }
  /** No more is begun. */
  let ending = false
  const refuseWhenEnding = () => {
    if (ending) throw new AppError('shutting_down')
  }
  const forget = async (task: Task) => {
    // First here: what awaits the table must not find it any more.
    known.delete(task.id)
    keeping.letGo(task)
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
    task.steps.every(({ hostId }) => access.visibilityOf(principal).host(hostId))
  const find = (principal: Principal, id: string): Task => {
    const task = known.get(id)
    if (!task || !shows(principal, task)) throw new AppError('task_not_found', { objectId: id })
    return task
  }
  /** Over, or left to the next start. */
  const over = async (task: Task, hasUnknown = false) => {
    running.delete(task.id)
    if (hasUnknown || plans.isOpen(task.id)) await keeping.update(task)
    else await keeping.finish(task)
    announce({ type: 'task', task })
    if (!leaving.signal.aborted)
      await forgetOldest().catch((error) => log.error({ err: error }, 'old tasks stay'))
  }
  const begin = (task: Task, steps: PlannedStep[], principal: Principal) => {
    keeping.letGo(task)
    const abort = new AbortController()
    const planned = new Map(steps.map((step) => [step.key, step]))
    task.state = 'running'
    task.finishedAt = null
    const soon = every(announceMs, () => announce({ type: 'task', task }))
    const stored = every(storeMs, () => void keeping.update(task))
    const targetOf = ({ hostId, objectId }: PlannedStep) => ({ hostId, ...(objectId ? { objectId } : {}) })
    const allowed = (step: PlannedStep) => authorizeAct(authorize, principal, step.act, targetOf(step))
    const intend = ({ act, hostId, objectId, subject, verb }: PlannedStep) =>
      audit.begin(principal, {
        action: permissionOf(act),
        hostId,
        objectId,
        taskId: task.id,
        summary: `${verb} ${subject}`,
      })
    const redactError = (error: AppError) =>
      access.redactError(principal, error, [...planned.values()].map(({ subject }) => subject).join(' '))
    const changed = () => {
      soon.call()
      stored.call()
    }
    /** By the step, what tells what came of it. */
    const inquiries = new Map<string, object>()
    const keep = async (stepId: string, state: object) => {
      await repository.plan(task.id, stepId, { is: 'change', plan: inquired, state })
      inquiries.set(stepId, state)
    }
    const control = runTask(
      { task, planned, abort },
      {
        turns,
        allowed,
        intend,
        changed,
        carryOut: (step, change, signal) =>
          plans.carryOut({ taskId: task.id, step, redactError, changed, signal }, change),
        begun: ({ key, kept }) => (kept ? keep(key, kept()) : repository.plan(task.id, key, { is: 'begun' })),
        keep: ({ id }, state) => keep(id, state),
        async look(step, cut, signal) {
          const state = inquiries.get(step.id)
          const takenUp = state && definitionOf(task.kind).takeUp?.(state)
          // All that it changes goes by a plan, which tells its own end.
          if (!takenUp) throw new KnownEnd(cut.code, { ...cut.context, cause: cut })
          return lookAfterCut(cut, takenUp, { taskId: task.id, step, redactError, changed, signal }, plans)
        },
        ended: (step) => keeping.ended(task, step),
        redactError,
      },
    )
    // What is under way ends with the right to it.
    const unsubscribe = access.onChanged(
      () => {
        for (const step of task.steps) {
          const plan = planned.get(step.id)
          if (step.state !== 'running' || !plan) continue
          try {
            authorizeAct(access.authorize, principal, plan.act, targetOf(plan))
          } catch {
            control.cancelStep(step)
          }
        }
      },
      () => abort.abort(new AppError('task_cancelled')),
    )
    const work = async () => {
      await control.done
      unsubscribe()
      soon.stop()
      stored.stop()
      await over(
        task,
        // The next start looks at what this one had no time for, and at nothing that a person has given up.
        isEnding(abort.signal) &&
          task.steps.some(({ id, state }) => state === 'unknown' && inquiries.has(id)),
      )
    }
    running.set(task.id, { task, planned, abort, control, done: work() })
    announce({ type: 'task', task })
  }

  return {
    define(definition) {
      definitions.set(definition.kind, definition)
    },
    takeUp() {
      for (const [task, steps] of Map.groupBy(left.splice(0), ({ task }) => task)) {
        const found = steps.flatMap(({ step, record: { plan, state } }): LeftStep[] => {
          try {
            const takenUp = definitionOf(task.kind).takeUp?.(state)
            return takenUp ? [{ step, plan, takenUp }] : []
          } catch (error) {
            log.error({ err: error, task: task.id }, 'what was left cannot be read, and is not taken up')
            return []
          }
        })
        if (found.length === 0) continue
        const soon = every(announceMs, () => announce({ type: 'task', task }))
        const stored = every(storeMs, () => void keeping.update(task))
        const changed = () => {
          soon.call()
          stored.call()
        }
        Object.assign(task, { state: 'running', finishedAt: null } satisfies Partial<Task>)
        const control = takeUp(task, found, {
          plans,
          audit,
          log,
          changed,
          ended: (step) => keeping.ended(task, step),
          leave: leaving.signal,
        })
        const work = async () => {
          await control.done
          soon.stop()
          stored.stop()
          if (leaving.signal.aborted) {
            interrupt(task)
            return keeping.update(task)
          }
          // Steps that were not begun before that end make it an interrupted one.
          task.state = outcomeOf(task, AbortSignal.abort(new AppError('shutting_down')))
          task.finishedAt = new Date().toISOString()
          await over(task)
        }
        const [planned, abort] = [new Map(), new AbortController()]
        running.set(task.id, { task, planned, abort, control, done: work() })
      }
    },
    async start(principal, kind, given, options) {
      refuseWhenEnding()
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
      // Said again while it waits for its host: then nobody is to wait any more.
      plans.giveUp(id, stepId)
      if (stepId !== undefined) current?.control.cancelStep(stepOf(task, stepId))
      else current?.abort.abort(new AppError('task_cancelled'))
      return task
    },
    async retry(principal, id, stepId) {
      refuseWhenEnding()
      const task = find(principal, id)
      const only = stepId === undefined ? null : stepOf(task, stepId)
      const current = running.get(id)
      // Beside those that still run, one that is over can begin again.
      if (only && current?.planned.has(only.id) && task.state === 'running' && isOver(only)) {
        reset(only)
        current.control.again(only)
        return task
      }
      if (isBusy(task)) throw new AppError('task_running', { objectId: id })
      const definition = definitionOf(task.kind)
      retrying.add(id)
      try {
        const input = definition.input.parse(await repository.input(id))
        const steps = await definition.plan(input, principal)
        for (const step of only ? [only] : task.steps) if (step.state !== 'succeeded') reset(step)
        await keeping.update(task)
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
    subscribe: events.subscribe,
    async stop() {
      ending = true
      const under = [...running.values()]
      for (const { abort } of under) abort.abort(new AppError('shutting_down'))
      const done = Promise.allSettled(under.map((one) => one.done))
      await Promise.race([done, sleep(endingMs, leaving.signal)])
      // What is half done stays on its plan.
      leaving.abort()
      plans.leave(new AppError('shutting_down'))
      await Promise.race([done, sleep(leavingMs, new AbortController().signal)])
      // Copies: what hangs may still come to an end of its own, which nobody stores any more.
      for (const { task } of running.values()) {
        const copy = structuredClone(task)
        interrupt(copy)
        await keeping.update(copy)
      }
      await keeping.close()
    },
  }
}

const newestFirst = (a: Task, b: Task) => (a.createdAt < b.createdAt ? 1 : -1)

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
    id: key,
    hostId,
    subject,
    verb,
    state: 'pending',
    progress: [],
    error: null,
    result: null,
    startedAt: null,
    finishedAt: null,
  }
}

function reset(step: TaskStep): void {
  Object.assign(step, {
    // What an earlier attempt has left at the host stays known.
    state: 'pending',
    progress: [],
    error: null,
    startedAt: null,
    finishedAt: null,
  } satisfies Partial<TaskStep>)
}
