import { z } from 'zod'
import { containerIdSchema, hostIdSchema, imageIdSchema } from './common.ts'

/** `ps` of the container's processes: what the columns are is the engine's answer. */
export const processesSchema = z.object({ titles: z.array(z.string()), rows: z.array(z.array(z.string())) })
export type Processes = z.infer<typeof processesSchema>

/** Arguments for ps, as one types them; letters, commas and spaces are enough for all of them. */
export const processesQuerySchema = z.object({
  args: z
    .string()
    .max(100)
    .regex(/^[\w ,=%.:-]*$/)
    .default(''),
})

export const changeKinds = ['modified', 'added', 'deleted'] as const
/** What differs from the image, by path. Folders are there because something in them differs. */
export const changesSchema = z.object({
  items: z.array(z.object({ path: z.string(), kind: z.enum(changeKinds) })),
  /** There were more than are given. */
  truncated: z.boolean(),
})
export type Changes = z.infer<typeof changesSchema>

export const restartPolicies = ['no', 'on-failure', 'always', 'unless-stopped'] as const
/** What is absent stays as it is; 0 takes a limit away. */
export const updateOptionsSchema = z
  .object({
    /** Bytes. */
    memory: z.int().min(0).optional(),
    /** Bytes of memory and swap together; -1 is without limit. */
    memorySwap: z.int().min(-1).optional(),
    /** CPUs, as 1.5. */
    cpus: z.number().min(0).max(1024).optional(),
    cpuShares: z.int().min(0).max(262_144).optional(),
    /** -1 or 0 is without limit. */
    pids: z.int().min(-1).optional(),
    restartPolicy: z.enum(restartPolicies).optional(),
    /** With on-failure. */
    restartRetries: z.int().min(0).max(1000).optional(),
  })
  .refine((options) => Object.keys(options).length > 0, { message: 'Nothing to change.' })
export type UpdateOptions = z.infer<typeof updateOptionsSchema>

export const commitOptionsSchema = z.object({
  /** Repository with tag; a missing tag is `latest`. */
  reference: z.string().trim().min(1).max(512),
  author: z.string().max(256).optional(),
  message: z.string().max(1000).optional(),
  /** Stop its processes while it is copied, so that files match each other. */
  pause: z.boolean().default(true),
})
export const commitResultSchema = z.object({ imageId: imageIdSchema })
export type CommitResult = z.infer<typeof commitResultSchema>

/** Containers whose end is waited for, as a task. */
export const waitInputSchema = z.object({
  containers: z
    .array(z.object({ hostId: hostIdSchema, containerId: containerIdSchema }))
    .min(1)
    .max(100),
})
export type WaitInput = z.input<typeof waitInputSchema>
