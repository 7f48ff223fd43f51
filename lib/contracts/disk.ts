import { z } from 'zod'
import { hostIdSchema } from './common.ts'
import { hostReadingSchema } from './hosts.ts'
import { taskOptionsSchema } from './tasks.ts'

export const prunableKinds = ['containers', 'images', 'volumes', 'networks', 'buildCache'] as const
export type PrunableKind = (typeof prunableKinds)[number]

const usageSchema = z.object({
  count: z.number(),
  /** Bytes on disk; what several share counts once where the engine tells it. */
  size: z.number(),
  /** Bytes that nothing uses. */
  reclaimable: z.number(),
})

export const unusedSchema = z.object({
  /** Id; a volume's name; empty for the build cache, which is pruned as a whole. */
  id: z.string(),
  name: z.string(),
  /** Bytes that go with it; what it shares with others is not counted. */
  size: z.number(),
  /** An image without a tag, a volume without a name of its own: nobody misses it by name. */
  nameless: z.boolean(),
  /** Stopped containers that still hold it: it goes only together with them. */
  heldBy: z.array(z.string()),
})
export type Unused = z.infer<typeof unusedSchema>

/** What lies on a host's disk, and what of it nothing uses. */
export const diskSchema = z.object({
  usage: z.object({
    /** Null where the reader sees none of a kind, which is not the same as that there are none. */
    images: usageSchema.nullable(),
    containers: usageSchema,
    volumes: usageSchema.nullable(),
    /** Null on Podman, which keeps none apart from its images. */
    buildCache: usageSchema.nullable(),
  }),
  unused: z.object({
    containers: z.array(unusedSchema),
    images: z.array(unusedSchema),
    volumes: z.array(unusedSchema),
    networks: z.array(unusedSchema),
    buildCache: z.array(unusedSchema),
  }),
  /**
   * Lists of the host that cannot be read now: what they would tell is not known, which is not the same as none. Without those of
   * networks and containers no network is known to be unused.
   */
  failed: hostReadingSchema.shape.failed,
})
export type Disk = z.infer<typeof diskSchema>

const ids = z.array(z.string().min(1).max(512)).max(10_000).default([])

/** Exactly what was shown, by host; what is in use again by then stays. */
export const pruneInputSchema = z.object({
  hosts: z
    .array(
      z.object({
        hostId: hostIdSchema,
        containers: ids,
        images: ids,
        volumes: ids,
        networks: ids,
        buildCache: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(1000),
})
export type PruneInput = z.input<typeof pruneInputSchema>
export const pruneStartSchema = pruneInputSchema.extend(taskOptionsSchema.shape)
