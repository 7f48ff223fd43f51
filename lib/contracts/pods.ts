import { z } from 'zod'
import { hostIdSchema, instantSchema } from './common.ts'

export const podSchema = z.object({
  hostId: hostIdSchema,
  id: z.string(),
  name: z.string(),
  state: z.string(),
  createdAt: instantSchema.nullable(),
  containerIds: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
})
export type Pod = z.infer<typeof podSchema>
