import { z } from 'zod'
import { loadInputSchema } from './archives.ts'
import { bulkActions, bulkInputSchema } from './bulk.ts'
import { createInputSchema, recreateTaskInputSchema } from './container-create.ts'
import { waitInputSchema } from './container-details.ts'
import { pruneInputSchema } from './disk.ts'
import { buildInputSchema } from './image-build.ts'
import { copyInputSchema } from './image-copy.ts'
import { pullInputSchema, pushInputSchema } from './image-transfer.ts'
import type { Task, TaskStep } from './tasks.ts'
import { volumeCreateSchema, volumeRemoveSchema } from './volumes.ts'

const count = z.number()
const name = z.string()
const onHosts = z.object({ name, count })
/** Sentences of the engine, one after another. */
const warnings = z.string().optional()

/**
 * Every kind of task: what it is started with, what its title is made of, and the facts of one of its steps that came to an
 * end. A stored task may be of a kind that is no more, or of one that an open page does not know yet: on the wire and on the
 * disk a kind is any word.
 */
export const taskKinds = {
  'containers.action': {
    input: bulkInputSchema,
    params: z.object({ action: z.enum(bulkActions), count }),
    /** already: it was so before. */
    result: z.object({ outcome: z.enum(['done', 'already']) }),
  },
  'containers.create': {
    input: createInputSchema,
    params: onHosts,
    result: z.object({ containerId: z.string(), warnings }),
  },
  'containers.recreate': {
    input: recreateTaskInputSchema,
    params: z.object({ name }),
    /** Names of those made anew beside it, and of the old ones that were kept, with commas. */
    result: z.object({
      containerId: z.string(),
      alsoRecreated: z.string().optional(),
      warnings,
      old: z.string().optional(),
    }),
  },
  'containers.wait': {
    input: waitInputSchema,
    params: z.object({ count }),
    result: z.object({ exitCode: z.number() }),
  },
  'images.pull': {
    input: pullInputSchema,
    params: onHosts,
    result: z.object({ imageId: z.string(), warnings }),
  },
  'images.push': {
    input: pushInputSchema,
    params: z.object({ name }),
    result: z.object({ digest: z.string() }),
  },
  'images.copy': {
    input: copyInputSchema,
    params: z.object({ name, images: count, count }),
    /** Ids with commas. */
    result: z.object({
      imageId: z.string(),
      bytes: z.number().optional(),
      outcome: z.enum(['copied', 'already']),
    }),
  },
  'images.build': {
    input: buildInputSchema,
    /** context: an uploaded one, which ends with the task. */
    params: z.object({ name, count, context: z.string().optional() }),
    result: z.object({ imageId: z.string() }),
  },
  'archives.load': {
    input: loadInputSchema,
    params: onHosts,
    /** Ids, digests, names and platforms with spaces. */
    result: z.object({
      imageId: z.string(),
      digest: z.string().optional(),
      names: z.string().optional(),
      platform: z.string().optional(),
    }),
  },
  'volumes.create': { input: volumeCreateSchema, params: onHosts, result: z.object({}) },
  'volumes.remove': { input: volumeRemoveSchema, params: onHosts, result: z.object({}) },
  prune: {
    input: pruneInputSchema,
    params: z.object({ count }),
    /** How many of each were removed, bytes that were freed, and how many were in use again. */
    result: z.object({
      containers: count.optional(),
      images: count.optional(),
      volumes: count.optional(),
      networks: count.optional(),
      freed: z.number().optional(),
      kept: count.optional(),
    }),
  },
} as const satisfies Record<string, { input: z.ZodType; params: z.ZodType; result: z.ZodType }>

type Kinds = typeof taskKinds
export type TaskKind = keyof Kinds
/** As a route hands it on; the kind's schema reads it. */
export type TaskInput<K extends TaskKind> = z.input<Kinds[K]['input']>
export type TaskParams<K extends TaskKind> = z.output<Kinds[K]['params']>
export type TaskResult<K extends TaskKind> = z.output<Kinds[K]['result']>

/** A task of a kind, with its own title's parts and facts. */
export type TaskOf<K extends TaskKind> = Omit<Task, 'kind' | 'params' | 'steps'> & {
  kind: K
  params: TaskParams<K>
  steps: StepOf<K>[]
}
export type StepOf<K extends TaskKind> = Omit<TaskStep, 'result'> & { result: TaskResult<K> | null }
/** A task of any known kind, told apart by `kind`. */
export type KnownTask = { [K in TaskKind]: TaskOf<K> }[TaskKind]
