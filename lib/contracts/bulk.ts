import { z } from 'zod'
import { killSignals } from '../containers/states.ts'
import { containerIdSchema, hostIdSchema } from './common.ts'
import { taskOptionsSchema } from './tasks.ts'

/** One action on many containers. Renaming is for one at a time. */
export const bulkActions = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove'] as const
export type BulkAction = (typeof bulkActions)[number]

export const bulkInputSchema = z.object({
  action: z.enum(bulkActions),
  containers: z
    .array(z.object({ hostId: hostIdSchema, containerId: containerIdSchema }))
    .min(1)
    .max(1000),
  options: z
    .object({
      /** Stop, restart: seconds before SIGKILL. */
      graceSeconds: z.int().min(0).max(3600).optional(),
      /** Kill. */
      signal: z.enum(killSignals).optional(),
      /** Remove: also running ones, and with their anonymous volumes. */
      force: z.boolean().optional(),
      volumes: z.boolean().optional(),
    })
    .default({}),
})
export type BulkInput = z.input<typeof bulkInputSchema>
export const bulkStartSchema = bulkInputSchema.extend(taskOptionsSchema.shape)
export type BulkStart = z.input<typeof bulkStartSchema>

/** What would be done, before it is. Made anew when it starts: minutes may lie between. */
export const bulkPlanSchema = z.object({
  items: z.array(
    z.object({
      hostId: hostIdSchema,
      containerId: containerIdSchema,
      name: z.string(),
      state: z.string(),
      /** Why it will be left out; null when it will be tried. */
      refused: z.enum(['state', 'host', 'denied', 'gone']).nullable(),
    }),
  ),
})
export type BulkPlan = z.infer<typeof bulkPlanSchema>
