import { z } from 'zod'
import type { ApiError } from './common.ts'

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

export interface FileOwner {
  uid: number
  gid: number
}

export interface FileEntry {
  name: string
  kind: FileKind
  /** Bytes; of a folder, of all that is in it. */
  size: number
  /** Permission bits. */
  mode: number
  /** Null on Podman, which puts root into its archives. */
  owner: FileOwner | null
  /** Seconds since the epoch. */
  mtime: number
  /** Of a symlink; else empty. */
  target: string
}

/**
 * Lines of `GET …/files`, as the engine's archive of the folder comes in: entries as they are found, a folder's size
 * when it has been walked. Engines know no list: everything below the folder is sent, and thrown away.
 */
export type FilesFrame =
  | { type: 'folder'; path: string; owner: FileOwner | null }
  | { type: 'entries'; entries: FileEntry[] }
  | { type: 'size'; name: string; size: number }
  | { type: 'walked'; bytes: number }
  /** `complete` false: the limit of the walk came first; what follows in the alphabet is missing. */
  | { type: 'end'; complete: boolean }
  | { type: 'error'; error: ApiError }

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
