import { z } from 'zod'
import { apiErrorSchema, hostIdSchema, instantSchema } from './common.ts'
import { taskOptionsSchema } from './tasks.ts'

/** What an archive is. A rootfs holds files of a system and no description of an image. */
export const archiveKinds = ['oci-layout', 'docker-archive', 'rootfs'] as const
export type ArchiveKind = (typeof archiveKinds)[number]

/** Of the tar as a whole, or of a layer in it. */
export const archiveCompressions = ['none', 'gzip', 'zstd', 'xz', 'bzip2'] as const
export type ArchiveCompression = (typeof archiveCompressions)[number]

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/)

export const archiveLayerSchema = z.object({
  /** Entry of the tar. */
  path: z.string(),
  /** Of the bytes in the archive. */
  digest: digestSchema,
  size: z.number(),
  compression: z.enum(archiveCompressions),
  /** Of the uncompressed bytes, as the image's configuration says it and as it was found. */
  diffId: digestSchema,
  unpackedSize: z.number(),
})

/** One image for one platform. */
export const archiveImageSchema = z.object({
  /** Full references with tag, as the archive names it; empty where it does not. */
  names: z.array(z.string()),
  /** `linux/arm64/v8`; a part that nothing says is `unknown`. */
  platform: z.string(),
  /** Digest of the configuration: the image's id on Podman and on Docker without the containerd store. */
  configDigest: digestSchema,
  configPath: z.string(),
  /** Null in a Docker archive, which has none. */
  manifest: z.object({ digest: digestSchema, size: z.number(), mediaType: z.string() }).nullable(),
  layers: z.array(archiveLayerSchema),
  /** Its configuration's, for a person. */
  createdAt: z.string().nullable(),
})
export type ArchiveLayer = z.infer<typeof archiveLayerSchema>
export type ArchiveImage = z.infer<typeof archiveImageSchema>

/** What is beside the images and not passed on, or what their writer left out: told, and no reason to refuse them. */
export const archiveRemarks = [
  /** A file that belongs to no image. */
  'extra',
  /** An entry that is there again with the same bytes. */
  'repeated',
  /** A link that no image needs. */
  'link',
  /** A chart, a signature, a list of parts, ...; `detail` is its media type. */
  'artifact',
  /** An image whose layers are elsewhere; `detail` is the type of one. */
  'foreign',
  /** A configuration that does not say for which platform it is. */
  'platform',
] as const

export const archiveRemarkSchema = z.object({
  what: z.enum(archiveRemarks),
  entry: z.string(),
  detail: z.string(),
})
export type ArchiveRemark = z.infer<typeof archiveRemarkSchema>

/** What was found in an archive, every digest compared. */
export const archiveContentsSchema = z.object({
  kind: z.enum(archiveKinds),
  compression: z.enum(archiveCompressions),
  /** Bytes of the tar without its compression. */
  unpackedSize: z.number(),
  /** Entries of the tar. */
  entries: z.number(),
  /** Empty for a rootfs. One name with several platforms is several images of the same name. */
  images: z.array(archiveImageSchema),
  /** The first hundred, and how many there are. */
  remarks: z.array(archiveRemarkSchema).default([]),
  remarkCount: z.number().default(0),
})
export type ArchiveContents = z.infer<typeof archiveContentsSchema>

/** What is known while bytes still arrive; nothing of it is certain before the whole is judged. */
export const archiveFoundSchema = z.object({
  kind: z.enum(archiveKinds).nullable(),
  compression: z.enum(archiveCompressions).nullable(),
  /** Entries of the tar so far. */
  entries: z.number(),
  /** Of the archive as it comes, so far. */
  bytes: z.number(),
  names: z.array(z.string()),
  platforms: z.array(z.string()),
})
export type ArchiveFound = z.infer<typeof archiveFoundSchema>

/** Our own id: 'a' and 12 lower-case base32 characters. */
export const archiveIdSchema = z.string().regex(/^a[0-9a-z]{12}$/)

export const archiveStates = [
  'uploading',
  /** All bytes are here, and are being looked at. */
  'checking',
  'ready',
  /** Something is wrong with it: `error` says what and where. Its bytes are gone. */
  'refused',
  /** The same bytes are in the library already, as `duplicateOf`. */
  'duplicate',
] as const
export type ArchiveState = (typeof archiveStates)[number]

export const archiveSchema = z.object({
  id: archiveIdSchema,
  /** Of the file that was uploaded. */
  name: z.string(),
  /** Bytes, as announced. */
  size: z.number(),
  /** Bytes that are on disk. */
  received: z.number(),
  state: z.enum(archiveStates),
  /** sha256 of the file. */
  digest: digestSchema.nullable(),
  contents: archiveContentsSchema.nullable(),
  found: archiveFoundSchema.nullable(),
  error: apiErrorSchema.shape.error.nullable(),
  duplicateOf: archiveIdSchema.nullable(),
  /** Said at the upload: the files of a system, whatever they look like (`docker export`, for `docker import`). */
  isRootfs: z.boolean().default(false),
  /** Chosen by the uploader's browser from name, size and time of the file, to go on with the right one. */
  fingerprint: z.string().nullable(),
  userId: z.string(),
  userName: z.string(),
  createdAt: instantSchema,
  /** The last upload or load. */
  usedAt: instantSchema,
  /** When it is swept; null: kept until somebody removes it. */
  expiresAt: instantSchema.nullable(),
  kept: z.boolean(),
})
export type Archive = z.infer<typeof archiveSchema>

/** As a list shows it: of thousands of layers, kinds, names and platforms alone. */
export const listedArchiveSchema = archiveSchema.omit({ contents: true, found: true }).extend({
  /** From what was checked, or from what has been seen so far. */
  summary: archiveFoundSchema.pick({ kind: true, names: true, platforms: true }),
})
export type ListedArchive = z.infer<typeof listedArchiveSchema>

export const archiveSettingsSchema = z.object({
  /** Bytes of all archives together; null: as the disk allows. */
  quotaBytes: z.int().min(0).nullable(),
  /** Days after its last use that an archive stays, unless it is kept; null: for ever. */
  retentionDays: z.int().min(1).max(3650).nullable(),
})
export type ArchiveSettings = z.infer<typeof archiveSettingsSchema>

export const archiveLibrarySchema = z.object({
  archives: z.array(listedArchiveSchema),
  settings: archiveSettingsSchema,
  /** Bytes on disk, and bytes that uploads under way will still need. */
  usedBytes: z.number(),
  reservedBytes: z.number(),
  /** Bytes that may still be written beside a reserve for the server itself. */
  freeBytes: z.number(),
})
export type ArchiveLibraryView = z.infer<typeof archiveLibrarySchema>

const loadReferenceSchema = z.string().trim().min(1).max(512)

/** One archive to several hosts, also while it is being uploaded: a task with a step for each. */
export const loadInputSchema = z.object({
  archiveId: archiveIdSchema,
  hostIds: z.array(hostIdSchema).min(1).max(1000),
  /** As the archive names them, with these besides, or with these alone. */
  names: z.enum(['keep', 'add', 'rename']).default('keep'),
  references: z.array(loadReferenceSchema).max(20).default([]),
  /** Of several images the one with this name, or this digest of its configuration. Absent: all. */
  only: z.string().max(512).optional(),
  /** In place of the host's own: `linux/arm64`. */
  platforms: z.record(hostIdSchema, z.string().max(100)).default({}),
  /** Of a rootfs, which says nothing of it. */
  rootfs: z
    .object({
      command: z.array(z.string().max(4096)).max(100).default([]),
      env: z
        .array(
          z
            .string()
            .regex(/^[^=\s]+=/)
            .max(32_768),
        )
        .max(500)
        .default([]),
    })
    .optional(),
})
export type LoadInput = z.input<typeof loadInputSchema>
export const loadStartSchema = loadInputSchema.extend(taskOptionsSchema.shape)
