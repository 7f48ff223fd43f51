import { z } from 'zod'
import { apiErrorSchema } from './common.ts'

/** A path in a container: absolute, and without `..`, so that what is authorised and logged is what is read. */
export const containerPathSchema = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..'), {
    message: 'An absolute path, beginning with /, without .. in it.',
  })

export const fileKinds = ['file', 'directory', 'symlink', 'device', 'fifo', 'other'] as const
export type FileKind = (typeof fileKinds)[number]

export const fileOwnerSchema = z.object({ uid: z.number(), gid: z.number() })
export type FileOwner = z.infer<typeof fileOwnerSchema>

export const fileEntrySchema = z.object({
  name: z.string(),
  kind: z.enum(fileKinds),
  /** Bytes; of a folder, of all that is in it. */
  size: z.number(),
  /** Permission bits. */
  mode: z.number(),
  /** Null on Podman, which puts root into its archives. */
  owner: fileOwnerSchema.nullable(),
  /** Seconds since the epoch. */
  mtime: z.number(),
  /** Of a symlink; else empty. */
  target: z.string(),
})
export type FileEntry = z.infer<typeof fileEntrySchema>

/**
 * Lines of `GET …/files`, as the engine's archive of the folder comes in: entries as they are found, a folder's size
 * when it has been walked. Engines know no list: everything below the folder is sent, and thrown away.
 */
export const filesFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('folder'), path: z.string(), owner: fileOwnerSchema.nullable() }),
  z.object({ type: z.literal('entries'), entries: z.array(fileEntrySchema) }),
  z.object({ type: z.literal('size'), name: z.string(), size: z.number() }),
  z.object({ type: z.literal('walked'), bytes: z.number() }),
  /** `complete` false: the limit of the walk came first; what follows in the alphabet is missing. */
  z.object({ type: z.literal('end'), complete: z.boolean() }),
  z.object({ type: z.literal('error'), error: apiErrorSchema.shape.error }),
])
export type FilesFrame = z.infer<typeof filesFrameSchema>

export const filePathQuerySchema = z.object({ path: containerPathSchema })

export const filePreviewSchema = z.object({
  path: z.string(),
  size: z.number(),
  mode: z.number(),
  mtime: z.number(),
  /** A folder: a link led to it, which a list does not tell. */
  kind: z.enum(['text', 'image', 'binary', 'directory']),
  /** The beginning of a text; empty for others. */
  text: z.string(),
  /** There is more than is given. */
  truncated: z.boolean(),
})
export type FilePreview = z.infer<typeof filePreviewSchema>

const id = z.coerce.number().int().min(0).max(0xffff_ffff)
export const uploadQuerySchema = z.object({
  /** The folder. */
  path: containerPathSchema,
  /** Below the folder; folders on the way are made. */
  name: z
    .string()
    .min(1)
    .max(4096)
    .refine(
      (name) => name.split('/').every((part) => !['', '.', '..'].includes(part)) && !name.includes('\0'),
      {
        message: 'A name without empty parts, . or ..',
      },
    ),
  /** This and the owner are for something new: a file that is replaced keeps its own. */
  mode: z.coerce.number().int().min(0).max(0o7777).default(0o644),
  uid: id.default(0),
  gid: id.default(0),
  /** Make a folder: there is no body. */
  folder: z.stringbool().default(false),
})
