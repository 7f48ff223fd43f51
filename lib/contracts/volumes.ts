import { z } from 'zod'
import { containerIdSchema, hostIdSchema, instantSchema } from './common.ts'
import { taskOptionsSchema } from './tasks.ts'

export const volumeSchema = z.object({
  hostId: hostIdSchema,
  /** Volumes are named, not numbered: the name is the id. */
  id: z.string(),
  driver: z.string(),
  createdAt: instantSchema.nullable(),
  labels: z.record(z.string(), z.string()),
})
export type Volume = z.infer<typeof volumeSchema>

/** Of one that is there: an engine may have let in more than it makes itself. */
export const volumeNameSchema = z.string().min(1).max(512)
/** Of one that is made: what every engine takes. */
export const newVolumeNameSchema = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/)

const path = z
  .string()
  .max(1024)
  .regex(/^\/[^\0\n,]*$/)
const server = z.string().regex(/^(?:[\w.-]{1,253}|\[[\da-fA-F:.]{2,45}\])$/)
/** Mount options beyond those with a field of their own, in commas. */
const options = z
  .string()
  .max(1000)
  .regex(/^[^\0\s]*$/)
  .default('')
const readOnly = z.boolean().default(false)
const id = z.int().min(0).max(4_294_967_294).optional()
/** Without a comma, at which the kernel would end it. */
const secret = z
  .string()
  .max(256)
  .regex(/^[^\0\n,]*$/)
  .default('')

/** What somebody fills in, by kind; `lib/volumes/driver-options.ts` makes the driver's options of it. */
export const volumeFormSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('local') }),
  z.object({
    kind: z.literal('nfs'),
    server,
    path,
    version: z.enum(['3', '4', '4.1', '4.2']).default('4'),
    /** Soft: what waits for a server that is dead fails after a while, in place of waiting for ever. */
    soft: z.boolean().default(true),
    readOnly,
    options,
  }),
  z.object({
    kind: z.literal('cifs'),
    server,
    share: z
      .string()
      .max(512)
      .regex(/^[^\0\n,/\\][^\0\n,]*$/),
    username: secret,
    password: secret,
    version: z.enum(['2.1', '3.0', '3.1.1']).default('3.0'),
    uid: id,
    gid: id,
    readOnly,
    options,
  }),
  z.object({
    kind: z.literal('tmpfs'),
    /** Bytes; absent: half of the host's memory. */
    sizeBytes: z.int().min(4096).optional(),
    mode: z
      .string()
      .regex(/^[0-7]{3,4}$/)
      .optional(),
    uid: id,
    gid: id,
  }),
  z.object({ kind: z.literal('bind'), path, readOnly }),
])
export type VolumeForm = z.output<typeof volumeFormSchema>

/** The same volume on each of these hosts, as a task. */
export const volumeCreateSchema = z.object({
  name: newVolumeNameSchema,
  form: volumeFormSchema,
  labels: z
    .array(z.object({ name: z.string().min(1).max(512), value: z.string().max(4096) }))
    .max(200)
    .default([]),
  hostIds: z.array(hostIdSchema).min(1).max(1000),
})
export type VolumeCreate = z.input<typeof volumeCreateSchema>
export const volumeCreateStartSchema = volumeCreateSchema.extend(taskOptionsSchema.shape)

/** These and no others, as a task with a step for each. What a container has stays. */
export const volumeRemoveSchema = z.object({
  volumes: z
    .array(z.object({ hostId: hostIdSchema, name: volumeNameSchema }))
    .min(1)
    .max(1000),
})
export const volumeRemoveStartSchema = volumeRemoveSchema.extend(taskOptionsSchema.shape)

/** Bytes by name, as an engine adds them up; null where it does not know, as of a share on another machine. */
export const volumeSizesSchema = z.object({
  readAt: instantSchema,
  sizes: z.record(z.string(), z.number().nullable()),
})
export type VolumeSizes = z.infer<typeof volumeSizesSchema>

export const volumeDetailSchema = z.object({
  volume: volumeSchema,
  mountpoint: z.string(),
  scope: z.string(),
  /** The driver's, values empty unless they were asked for. */
  options: z.record(z.string(), z.string()),
  /** Where containers have it, as far as they are in sight. */
  mounts: z.array(
    z.object({ containerId: containerIdSchema, destination: z.string(), readOnly: z.boolean() }),
  ),
  /** More containers have it than are asked where. */
  moreMounts: z.boolean(),
})
export type VolumeDetail = z.infer<typeof volumeDetailSchema>
