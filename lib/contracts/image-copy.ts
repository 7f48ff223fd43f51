import { z } from 'zod'
import { hostIdSchema } from './common.ts'
import { taskOptionsSchema } from './tasks.ts'

/** A tag as the source names it, or an image's id, which then arrives without a name. */
const referenceSchema = z.string().trim().min(1).max(512)

/** Images from one host to others, as a task with a step for each of these. */
export const copyInputSchema = z.object({
  references: z.array(referenceSchema).min(1).max(1000),
  sourceHostId: hostIdSchema,
  targetHostIds: z.array(hostIdSchema).min(1).max(1000),
})
export type CopyInput = z.input<typeof copyInputSchema>
export const copyStartSchema = copyInputSchema.extend(taskOptionsSchema.shape)

export const imageArchiveFormats = ['docker', 'oci'] as const
export type ImageArchiveFormat = (typeof imageArchiveFormats)[number]

export const imageArchiveQuerySchema = z.object({
  /** Repeatable. */
  reference: z
    .union([referenceSchema.transform((one) => [one]), z.array(referenceSchema).min(1).max(100)])
    .transform((references) => [...new Set(references)]),
  /** `docker`: what the engine's own save gives. `oci`: an OCI image layout. */
  format: z.enum(imageArchiveFormats).default('docker'),
})
