import { z } from 'zod'
import { hostSelectorSchema } from './access.ts'
import { instantSchema } from './common.ts'

export const registryIdSchema = z.string().regex(/^r[0-9a-z]{12}$/)

/** What stands before the first slash of a reference: a name or address, with a port where it isn't the usual one. */
export const registryAddressSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(255)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/,
    'A name or address, such as registry.example:5000, without https:// and without a path.',
  )

const credentials = {
  username: z.string().trim().min(1).max(256).optional(),
  /** Absent in an edit: the stored one stays, as long as the address, the scheme and the user name do. */
  password: z.string().min(1).max(8192).optional(),
}

export const registryInputSchema = z.object({
  address: registryAddressSchema,
  /** Plain HTTP is for registries within one's own network: names and passwords cross it in the clear. */
  scheme: z.enum(['https', 'http']).default('https'),
  /** Consent to that: without it no password is kept for, or sent to, a registry over plain HTTP. */
  insecure: z.boolean().default(false),
  /** PEM of an authority that the machine does not know. */
  ca: z.string().max(65_536).optional(),
  ...credentials,
  /** Hosts that the account is sent to for their pulls, pushes and builds. Absent: as before, at first all. */
  hosts: z.array(hostSelectorSchema).max(200).optional(),
})
export type RegistryInput = z.input<typeof registryInputSchema>

export const registrySchema = z.object({
  id: registryIdSchema,
  address: z.string(),
  scheme: z.enum(['https', 'http']),
  ca: z.string().nullable(),
  username: z.string().nullable(),
  hasPassword: z.boolean(),
  /** The password crosses the network in the clear, as somebody agreed to. */
  insecure: z.boolean(),
  hosts: z.array(hostSelectorSchema),
  createdAt: instantSchema,
})
export type Registry = z.infer<typeof registrySchema>

const repositorySchema = z
  .string()
  .max(255)
  .regex(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/)
const pageQuery = {
  /** Entries of a page. */
  n: z.coerce.number().int().min(1).max(1000).default(100),
  /** The `next` of the page before. */
  last: z.string().max(2000).optional(),
}
export const repositoriesQuerySchema = z.object(pageQuery)
export const tagsQuerySchema = z.object({ repository: repositorySchema, ...pageQuery })
export const manifestQuerySchema = z.object({
  repository: repositorySchema,
  /** A tag, or a digest. */
  reference: z.string().regex(/^(?:\w[\w.-]{0,127}|sha256:[0-9a-f]{64})$/),
})

/** A page of names; `next` is the `last` of the next page, a name or a query that the registry gave; null at the end. */
export const namePageSchema = z.object({ items: z.array(z.string()), next: z.string().nullable() })
export type NamePage = z.infer<typeof namePageSchema>

export const registryManifestSchema = z.object({
  digest: z.string(),
  mediaType: z.string(),
  /** One for a single image (null platform until its configuration says), one for each of an index. */
  images: z.array(
    z.object({
      digest: z.string(),
      /** 'linux/amd64', 'linux/arm/v7'. */
      platform: z.string().nullable(),
      /** Bytes of configuration and layers, as they are transferred; null where only the index was read. */
      size: z.number().nullable(),
      layers: z.array(z.object({ digest: z.string(), size: z.number(), mediaType: z.string() })),
      createdAt: instantSchema.nullable(),
    }),
  ),
})
export type RegistryManifest = z.infer<typeof registryManifestSchema>
