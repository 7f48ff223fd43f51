import { z } from 'zod'

/** What an archive is. A rootfs holds files of a system and no description of an image. */
export const archiveKinds = ['oci-layout', 'docker-archive', 'rootfs'] as const
export type ArchiveKind = (typeof archiveKinds)[number]

/** Of the tar as a whole, or of a layer in it. */
export const archiveCompressions = ['none', 'gzip', 'zstd'] as const
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
  /** `linux/arm64/v8`. */
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
})
export type ArchiveContents = z.infer<typeof archiveContentsSchema>
