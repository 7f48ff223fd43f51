import type { z } from 'zod'
import type { ActName } from '#lib/acts.ts'
import {
  type TaskInput,
  type TaskKind,
  type TaskParams,
  type TaskResult,
  taskKinds,
} from '#lib/contracts/task-kinds.ts'
import type { Task, TaskOptions, TaskStep } from '#lib/contracts/tasks.ts'
import type { Principal } from '../principal/principal.ts'
import type { Subscribe } from '../publisher.ts'
import type { Change } from './change.ts'

/** Of any outcome. */
type Facts = NonNullable<TaskStep['result']>

export interface StepContext {
  taskId: string
  /** Aborted when the step or its task is cancelled, or the server ends. */
  signal: AbortSignal
  /** The step's bars as they are now; shown a few times a second at most. */
  progress(bars: TaskStep['progress']): void
  /** Carries out several calls that are all done or all put back, with their plan on the disk. Throws what `carryOut` throws. */
  carryOut(change: Change): Promise<void>
  /** Puts on the disk, in place of `kept`, what `takeUp` tells from what came of the step. Resolves when it is there. */
  keep(state: object): Promise<void>
  /** What an earlier attempt has left at the host. */
  before: TaskStep['result']
}

/** A change that is gone on with after the server's end, from what the disk has of it. */
export interface TakenUp<R = Facts> {
  act: ActName
  change: Change
  result(): R | null
}

/** One piece of work at one host. */
export interface PlannedStep<R = Facts> {
  /** The same for the same work whenever it is planned, so that a retry finds it: 'start h…/c0ffee…'. */
  key: string
  hostId: string
  subject: string
  verb: string
  /** What it is by the table of acts. Asked for again right before the step runs: minutes may lie between. */
  act: ActName
  objectId?: string
  /**
   * What is on the disk before it is begun, for `takeUp` to tell from it what came of the step. Absent where all that it changes
   * goes by `carryOut`: what is cut outside of that has changed nothing.
   */
  kept?(): object
  /** It does no work at the host and may take days: it takes no turn from those that do. */
  onlyWaits?: boolean
  /** Facts of the outcome, or nothing. Throws AppError. */
  run(context: StepContext): Promise<R | null | undefined | void>
}

/**
 * A kind of task. Its input is stored sealed, so that a retry can be planned again from it, also after a restart.
 */
export interface TaskDefinition<
  S extends z.ZodType = z.ZodType,
  P extends object = Task['params'],
  R = Facts,
> {
  kind: string
  input: S
  /** For the title. */
  params(input: z.output<S>): P
  /** The steps in order. Throws AppError when nothing can be planned; what concerns one host is for its step to say. */
  plan(input: z.output<S>, principal: Principal): Promise<PlannedStep<R>[]> | PlannedStep<R>[]
  /** For kinds whose steps carry out changes, or keep something: from the state that was written. Throws when that does not read. */
  takeUp?(state: unknown): TakenUp<R>
}

/** A kind of the table, which has its input; what its title is made of and its steps resolve with is what the table says. */
export function defineTask<K extends TaskKind>(
  definition: { kind: K } & Omit<
    TaskDefinition<KindsInput<K>, TaskParams<K>, TaskResult<K>>,
    'kind' | 'input'
  >,
): TaskDefinition {
  return defineOtherTask({ ...definition, input: taskKinds[definition.kind].input as KindsInput<K> })
}
type KindsInput<K extends TaskKind> = (typeof taskKinds)[K]['input']

/** A kind that is in no table, as tests have them. Keeps the type of the input between its schema and its plan. */
export function defineOtherTask<S extends z.ZodType, P extends object, R>(
  definition: TaskDefinition<S, P, R>,
): TaskDefinition {
  return definition as unknown as TaskDefinition
}

export type TaskEvent = { type: 'task'; task: Task } | { type: 'dismissed'; id: string; userId: string }

export interface TaskService {
  /** Stores the task and begins. Throws invalid_input, task_empty, and what the plan throws. */
  start<K extends string>(
    principal: Principal,
    kind: K,
    input: K extends TaskKind ? TaskInput<K> : unknown,
    options: TaskOptions,
  ): Promise<Task>
  /** One's own, newest first; an administrator's list holds everybody's. */
  list(principal: Principal): Task[]
  /** Whether it is in somebody's list. */
  shows(principal: Principal, task: Task): boolean
  /** Throws task_not_found, also for somebody else's. */
  get(principal: Principal, id: string): Task
  /** What runs is aborted at the engine, what waits is not begun. A finished task stays as it is. With a step: it alone. */
  cancel(principal: Principal, id: string, stepId?: string): Task
  /**
   * Runs again the steps that did not succeed; with a step it alone, also while others run.
   * @throws task_running, task_not_found, task_step_gone
   */
  retry(principal: Principal, id: string, stepId?: string): Promise<Task>
  /** Forgets a finished task. Throws task_running. */
  dismiss(principal: Principal, id: string): Promise<void>
  /** Cancels what a person's tasks still do: their rights have ended. The tasks stay, for administrators to see. */
  endOf(userId: string): void
  subscribe: Subscribe<TaskEvent>
  /** Aborts what runs. What does not end in time is stored as interrupted; a change that is left so is taken up at the next start. */
  stop(): Promise<void>
}
