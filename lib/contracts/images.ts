import { z } from 'zod'
import { hostIdSchema, imageIdSchema, instantSchema } from './common.ts'

export const imageSchema = z.object({
  hostId: hostIdSchema,
  id: imageIdSchema,
  /** Sorted; empty for a dangling image. */
  tags: z.array(z.string()),
  /** repository@sha256:... */
  repoDigests: z.array(z.string()),
  createdAt: instantSchema.nullable(),
  size: z.number(),
  /** Null where the engine does not tell. */
  sharedSize: z.number().nullable(),
  labels: z.record(z.string(), z.string()),
  os: z.string().nullable(),
  arch: z.string().nullable(),
  /** Of a manifest list, which Podman keeps among the images: what it is for, `os/architecture[/variant]`. Null for an image. */
  platforms: z.array(z.string()).nullable(),
})
export type Image = z.infer<typeof imageSchema>

export const imageTagOptionsSchema = z.object({
  /** Repository with tag, e.g. registry.local/app:1.2. A missing tag is `latest`. */
  reference: z.string().min(1).max(512),
})
export const imageRemoveOptionsSchema = z.object({
  /** Tag to remove. Absent: the image by id, with all its tags when forced. */
  reference: z.string().max(512).optional(),
  force: z.stringbool().default(false),
  /** Keep untagged parents. */
  noprune: z.stringbool().default(false),
})
export const imageRemoveResultSchema = z.object({
  untagged: z.array(z.string()),
  deleted: z.array(z.string()),
  /** Names of the containers that went with it: Podman removes those of an image, when forced. */
  containers: z.array(z.string()),
})
export type ImageRemoveResult = z.infer<typeof imageRemoveResultSchema>

export const imageHistorySchema = z.array(
  z.object({
    id: z.string(),
    createdAt: instantSchema.nullable(),
    createdBy: z.string(),
    size: z.number(),
    comment: z.string(),
    tags: z.array(z.string()),
  }),
)
export type ImageHistory = z.infer<typeof imageHistorySchema>

export const imageDetailSchema = z.object({ image: imageSchema, inspect: z.record(z.string(), z.unknown()) })
export type ImageDetail = z.infer<typeof imageDetailSchema>
