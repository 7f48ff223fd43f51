import { z } from 'zod'
import { hostIdSchema } from './common.ts'
import { taskOptionsSchema } from './tasks.ts'

/** Repository with tag or digest; a missing tag is `latest`. */
const referenceSchema = z.string().trim().min(1).max(512)

/** One image to several hosts, as a task with a step for each and a bar for each layer. */
export const pullInputSchema = z.object({
  reference: referenceSchema,
  hostIds: z.array(hostIdSchema).min(1).max(1000),
  /** `linux/arm64`; absent: each host's own. */
  platform: z.string().max(100).optional(),
})
export type PullInput = z.input<typeof pullInputSchema>
export const pullStartSchema = pullInputSchema.extend(taskOptionsSchema.shape)

/** From one host to the registry that its name tells. */
export const pushInputSchema = z.object({ reference: referenceSchema, hostId: hostIdSchema })
export type PushInput = z.input<typeof pushInputSchema>
