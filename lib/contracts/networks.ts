import { z } from 'zod'
import { hostIdSchema, instantSchema } from './common.ts'

export const networkSchema = z.object({
  hostId: hostIdSchema,
  id: z.string(),
  name: z.string(),
  driver: z.string(),
  internal: z.boolean(),
  createdAt: instantSchema.nullable(),
  labels: z.record(z.string(), z.string()),
})
export type Network = z.infer<typeof networkSchema>
