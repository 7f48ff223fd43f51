import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { registryReference } from '../registries/reference.ts'

/** JSON documents larger than this are none that describe an image. */
export const largestDocument = 4 * 1024 * 1024
/** Real ones are some ten levels deep; a parser that calls itself would be brought down by thousands. */
const deepest = 100

/** A part of a platform. */
export const platformWord = /^[\w.-]{1,64}$/
export const hex64 = /^[0-9a-f]{64}$/
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const word = z.string().regex(platformWord)
/** Go writes null for an empty list. */
const list = <T extends z.ZodType>(of: T) => z.array(of).nullish()

const descriptor = z.object({
  mediaType: z.string().max(200).default(''),
  digest,
  size: z.int().min(0),
  urls: list(z.string()),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z
    .object({ os: z.string(), architecture: z.string(), variant: word.or(z.literal('')).optional() })
    .nullish(),
})
export type Descriptor = z.infer<typeof descriptor>

export const layoutSchema = z.object({ imageLayoutVersion: z.string().regex(/^1\./) })
export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptor),
})
export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: list(descriptor),
})
export const configSchema = z.object({
  // Empty or absent in images of disks and of tools that know no platform; engines take them for their own.
  os: word.or(z.literal('')).nullish(),
  architecture: word.or(z.literal('')).nullish(),
  variant: word.or(z.literal('')).optional(),
  created: z.string().nullish(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: list(digest) }),
})
/** manifest.json of `docker save`. */
export const savedSchema = z.array(
  z.object({ Config: z.string().max(1000), RepoTags: list(z.string()), Layers: list(z.string().max(1000)) }),
)

/** Throws archive_json_invalid, archive_too_complex. */
export function parseJson(bytes: Buffer, entry: string): unknown {
  let depth = 0
  let isText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (isText) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) isText = false
    } else if (byte === 0x22) isText = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) throw tooComplex('depth', deepest, entry)
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new AppError('archive_json_invalid', {
      params: { entry },
      detail: (error as Error).message,
      cause: error,
    })
  }
}

/** Throws archive_document_invalid with what does not fit. */
export function documentOf<T extends z.ZodType>(schema: T, value: unknown, entry: string): z.infer<T> {
  // Go's parser takes keys in any case and lets the last win: the engine would read another document than we do.
  const keys = isObject(value) ? Object.keys(value) : []
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length)
    throw invalidDocument(entry, 'two keys differ by case alone')
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalidDocument(entry, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

/** What a document is by its shape, before anything is known that refers to it. */
export function shapeOf(value: unknown): 'index' | 'manifest' | 'config' | 'legacy' | null {
  if (!isObject(value)) return null
  if (Array.isArray(value.manifests)) return 'index'
  if (isObject(value.config) && 'layers' in value) return 'manifest'
  if (isObject(value.rootfs)) return 'config'
  // What Docker before 1.10 called an image: later ones still write it, as a blob that nothing refers to.
  return typeof value.id === 'string' && hex64.test(value.id) ? 'legacy' : null
}

/**
 * The reference an index gives an image; null for none. A bare tag is none: Podman would make it `localhost/<tag>:latest`.
 * Throws archive_name_invalid.
 */
export function nameOf(annotations: Descriptor['annotations']): string | null {
  const full = annotations?.['io.containerd.image.name']
  if (full) return fullName(full)
  const reference = annotations?.['org.opencontainers.image.ref.name'] ?? ''
  return /[/:]/.test(reference) ? fullName(reference) : null
}

/** With registry and tag, as Docker understands a short one; null when a digest stands in the tag's place. Throws archive_name_invalid. */
export function fullName(text: string): string | null {
  try {
    const { address, repository, reference } = registryReference(text)
    // `A/b` is a registry without a dot to the pattern, and a path of Docker Hub to the engines.
    if (/[A-Z]/.test(repository)) throw new AppError('reference_invalid')
    return reference.startsWith('sha256:') ? null : `${address}/${repository}:${reference}`
  } catch (error) {
    throw new AppError('archive_name_invalid', { params: { found: text.slice(0, 200) }, cause: error })
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function invalidDocument(entry: string, detail: string): AppError {
  return new AppError('archive_document_invalid', { params: { entry }, detail })
}

export type Count = 'entries' | 'documents' | 'images' | 'layers' | 'depth'
export function tooComplex(what: Count, limit: number, entry?: string): AppError {
  return new AppError('archive_too_complex', { params: { what, limit, ...(entry ? { entry } : {}) } })
}
