import { z } from 'zod'
import { containerIdSchema, hostIdSchema, instantSchema } from './common.ts'

export const containerProblems = [
  'oomKilled',
  'unhealthy',
  'restarting',
  'dead',
  'startFailed',
  'exitedWithError',
] as const

/** Somebody has seen what is wrong with a container. It holds as long as that, and not another failure after it. */
export const acknowledgementSchema = z.object({
  hostId: hostIdSchema,
  containerId: containerIdSchema,
  problem: z.enum(containerProblems),
  /** When the failure was; null where the engine does not tell. */
  at: instantSchema.nullable(),
  /** Who has seen it. */
  by: z.string(),
  /** Why it may stay as it is; can be empty. */
  note: z.string(),
  acknowledgedAt: instantSchema,
})
export type Acknowledgement = z.infer<typeof acknowledgementSchema>

export const acknowledgeSchema = z.object({
  /** What the person has seen: another failure since then is not acknowledged by it. */
  ...acknowledgementSchema.pick({ problem: true, at: true }).shape,
  note: z.string().trim().max(500).default(''),
})
export type Acknowledge = z.input<typeof acknowledgeSchema>
