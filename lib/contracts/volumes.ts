import { z } from 'zod'
import { hostIdSchema, instantSchema } from './common.ts'

export const volumeSchema = z.object({
  hostId: hostIdSchema,
  /** Volumes are named, not numbered: the name is the id. */
  id: z.string(),
  driver: z.string(),
  createdAt: instantSchema.nullable(),
  labels: z.record(z.string(), z.string()),
})
export type Volume = z.infer<typeof volumeSchema>
