import { z } from 'zod'
import { apiErrorSchema, hostIdSchema, instantSchema } from './common.ts'

/**
 * Long work of any kind (an action on many containers, a create on many hosts, a pull, a prune): steps over hosts, run
 * by the server with a chosen width, shown in the tray. It goes on when the page is closed.
 */
export const taskStates = [
  'queued',
  'running',
  'succeeded',
  /** Some steps failed, were skipped or cancelled. */
  'partly',
  'failed',
  'cancelled',
  /** The server ended while it ran: what was under way has an unknown outcome. */
  'interrupted',
] as const
export type TaskState = (typeof taskStates)[number]

export const taskStepStates = [
  'pending',
  'running',
  'succeeded',
  'failed',
  /** Not begun, because one before it failed and the task was told to stop then. */
  'skipped',
  'cancelled',
  'unknown',
] as const
export type TaskStepState = (typeof taskStepStates)[number]

/** One bar: a layer of a pull, bytes of an upload. */
export const taskProgressSchema = z.object({
  id: z.string(),
  /** The engine's own word for what it does, such as 'Downloading'. */
  label: z.string(),
  current: z.number(),
  /** Null when not known. */
  total: z.number().nullable(),
  /** What is counted; bytes where nothing else is said. Of `seconds`, `total` is how long a stop may take; null: for ever. */
  unit: z.enum(['objects', 'seconds']).optional(),
})

export const taskStepSchema = z.object({
  id: z.string(),
  hostId: hostIdSchema,
  /** What it is about, as a person names it: a container's name, an image reference. */
  subject: z.string(),
  /** What is done to it: a key of the catalogue under `tasks.verb`. */
  verb: z.string(),
  state: z.enum(taskStepStates),
  progress: z.array(taskProgressSchema),
  error: apiErrorSchema.shape.error.nullable(),
  /** Facts of the outcome (ids, digests, bytes freed), shown as text. */
  result: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
  startedAt: instantSchema.nullable(),
  finishedAt: instantSchema.nullable(),
})
export type TaskStep = z.infer<typeof taskStepSchema>

export const taskSchema = z.object({
  id: z.string(),
  /** Name of its definition on the server, and its title in the catalogue under `tasks.kind`. */
  kind: z.string(),
  /** For the title. */
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  state: z.enum(taskStates),
  /** Whose it is: seen by that person, and by administrators. */
  userId: z.string(),
  createdAt: instantSchema,
  finishedAt: instantSchema.nullable(),
  /** How many steps run at once. */
  width: z.int().min(1),
  stopOnFailure: z.boolean(),
  steps: z.array(taskStepSchema),
})
export type Task = z.infer<typeof taskSchema>

/** What every request that starts a task may say besides its own input. */
export const taskOptionsSchema = z.object({
  width: z.int().min(1).max(50).default(4),
  stopOnFailure: z.boolean().default(false),
})
export type TaskOptions = z.infer<typeof taskOptionsSchema>

/** Of cancel and retry. Absent: the whole task. */
export const taskSteeringSchema = z.object({ stepId: z.string().max(1000).optional() })

/** The topic `tasks` of the live socket: first all tasks, then each that changes. */
export type TaskFrame =
  | { type: 'tasks'; tasks: Task[] }
  | { type: 'task'; task: Task }
  | { type: 'dismissed'; id: string }
