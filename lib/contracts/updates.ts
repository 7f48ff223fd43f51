import { z } from 'zod'
import { apiErrorSchema, imageIdSchema, instantSchema } from './common.ts'

/** Whether the registry's tag still means the image that containers run. Nothing is pulled to find out. */
export const imageUpdateSchema = z.object({
  /** As the containers name it. */
  reference: z.string(),
  /** The local image that is compared. */
  imageId: imageIdSchema,
  state: z.enum([
    'current',
    /** The tag means another image now. */
    'newer',
    /** Not comparable: built or loaded here, and nothing that its registry knows. */
    'local',
    /** The registry has no such tag (any more). */
    'gone',
    'failed',
  ]),
  /** Of the registry, now. */
  remoteDigest: z.string().nullable(),
  checkedAt: instantSchema,
  error: apiErrorSchema.shape.error.nullable(),
})
export type ImageUpdate = z.infer<typeof imageUpdateSchema>

/** Hours between checks; 0: only when asked. */
export const updateHours = [0, 1, 6, 24] as const

export const updatesSchema = z.object({
  everyHours: z.union(updateHours.map((hours) => z.literal(hours))),
  /** A check is under way: how many references are still to be asked for. */
  remaining: z.number(),
  updates: z.array(imageUpdateSchema),
})
export type Updates = z.infer<typeof updatesSchema>
