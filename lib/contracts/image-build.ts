import { z } from 'zod'
import { secretLimitBytes, secretNamePattern } from '../build/build-secret.ts'
import { parseImageRef } from '../images/image-ref.ts'
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
/** Secrets of a build, `POST /api/images/build/secrets`: kept in memory until it is done with them. */
export const buildSecretsSchema = z.object({
  secrets: z
    .array(
      z.object({
        name: z.string().regex(secretNamePattern, 'Letters, digits, _ . and - alone.'),
        /** Base64, since a file may hold any bytes. */
        value: z.base64().max(Math.ceil(secretLimitBytes / 3) * 4),
      }),
    )
    .min(1)
    .max(50)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'A name stands twice.'),
})
export const buildSecretsAnswerSchema = z.object({ id: z.uuid() })

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
  /**
   * Sends the accounts of all registries that a host is given, and not those alone that the Dockerfile names: for a remote
   * context, or a base that an argument of the builder's names. For who may edit registries.
   */
  allAccounts: z.boolean().default(false),
  /** The id of what was sent to `/api/images/build/secrets`. */
  secrets: z.uuid().optional(),
})
export type BuildInput = z.input<typeof buildInputSchema>
export type Build = z.output<typeof buildInputSchema>
export const buildStartSchema = buildInputSchema.extend(taskOptionsSchema.shape)

/** One step of a builder. */
export const buildStepSchema = z.object({
  /** From 1, in the order in which they began. */
  number: z.number(),
  name: z.string(),
  state: z.enum(['running', 'cached', 'done', 'failed']),
  /** Milliseconds it took; null while it runs. */
  ms: z.number().nullable(),
})
export type BuildStep = z.infer<typeof buildStepSchema>

/** Lines of a step's output, `GET /api/images/build/:taskId/:hostId/output`: what is kept, then what comes, until the step ends. */
export const buildOutputFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  /** A step began or ended. */
  z.object({ type: z.literal('step'), step: buildStepSchema }),
  /** Bytes before this that were not kept. */
  z.object({ type: z.literal('cut'), bytes: z.number() }),
  /** There is no output: the step has not begun, or the server was started since. */
  z.object({ type: z.literal('none') }),
])
export type BuildOutputFrame = z.infer<typeof buildOutputFrameSchema>
