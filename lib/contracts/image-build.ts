import { z } from 'zod'
import { parseImageRef } from '../image-ref.ts'
import { hostIdSchema } from './common.ts'
import { taskOptionsSchema } from './tasks.ts'

/** Bytes of one context; more belongs into a registry or on a volume. */
export const contextLimitBytes = 4 * 1024 ** 3

/** A tar that was sent before and lies at the server until the build is done with it. */
export const buildContextIdSchema = z.uuid()
export const buildContextAnswerSchema = z.object({ id: buildContextIdSchema, size: z.number() })
export type BuildContextAnswer = z.infer<typeof buildContextAnswerSchema>

/**
 * What the engine itself fetches. Only with a scheme: Podman takes anything else as a path of its own machine. Without
 * an account: addresses are told in outputs and titles.
 */
export const buildRemoteSchema = z
  .string()
  .trim()
  .max(2000)
  .refine((text) => {
    const url = URL.parse(text)
    if (!url || !/^(https?|git):$/.test(url.protocol)) return false
    return url.hostname !== '' && url.username === '' && url.password === ''
  }, 'An address with http://, https:// or git://, without a user name or password.')

export const buildContextSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('upload'), id: buildContextIdSchema }),
  /** A Dockerfile with nothing beside it. */
  z.object({ kind: z.literal('dockerfile'), text: z.string().min(1).max(500_000) }),
  z.object({ kind: z.literal('remote'), url: buildRemoteSchema }),
])

const tagSchema = z
  .string()
  .trim()
  .refine((text) => {
    const parsed = parseImageRef(text)
    return parsed !== null && parsed.digest === null
  }, 'Lower case, as registry/repository:tag.')
const nameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\s=]+$/)
const valuesSchema = z.record(nameSchema, z.string().max(65_536))

/** One image made on several hosts from the same context, as a task with a step for each. */
export const buildInputSchema = z.object({
  context: buildContextSchema,
  hostIds: z.array(hostIdSchema).min(1).max(1000),
  tags: z.array(tagSchema).max(50).default([]),
  /** Inside the context. */
  dockerfile: z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0\\]+$/, 'A path inside the context.')
    .default('Dockerfile'),
  buildArgs: valuesSchema.default({}),
  labels: valuesSchema.default({}),
  /** A stage of the Dockerfile; absent: the last. */
  target: z.string().trim().min(1).max(256).optional(),
  /** `linux/arm64`; absent: each host's own. */
  platform: z
    .string()
    .regex(/^[a-z0-9]+(\/[a-z0-9_]+){0,2}$/)
    .max(100)
    .optional(),
  noCache: z.boolean().default(false),
  /** Asks the registry for a newer base, though there is one. */
  pull: z.boolean().default(false),
})
export type BuildInput = z.input<typeof buildInputSchema>
export type Build = z.output<typeof buildInputSchema>
export const buildStartSchema = buildInputSchema.extend(taskOptionsSchema.shape)

/** Lines of a step's output, `GET /api/images/build/:taskId/:hostId/output`: what is kept, then what comes, until the step ends. */
export type BuildOutputFrame =
  | { type: 'text'; text: string }
  /** Bytes before this that were not kept. */
  | { type: 'cut'; bytes: number }
  /** There is no output: the step has not begun, or the server was started since. */
  | { type: 'none' }
