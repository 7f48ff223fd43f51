import { z } from 'zod'
import { permissions, roles } from '../permissions.ts'
import { rightsSchema } from './access.ts'
import { hostIdSchema, instantSchema } from './common.ts'

export const passwordSchema = z.string().min(12).max(256)

export const sessionSchema = z.object({
  /** Who is signed in, also while they look at the dashboard as somebody else. A role of null: only what grants give. */
  user: z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles).nullable() }),
  /** Held somewhere: on everything, or on a host or a container. */
  permissions: z.array(z.enum(permissions)),
  /** Where they are held: for `mayOn` (lib/access.ts). */
  rights: rightsSchema,
  /** As whom the dashboard is looked at. */
  preview: z.object({ id: z.string(), name: z.string(), email: z.string() }).nullable(),
  /** They have to set one up before anything else opens. */
  secondFactorNeeded: z.boolean(),
})
export type Session = z.infer<typeof sessionSchema>

/** `GET /api/setup`, readable by anybody: whether the first administrator is still to be made. */
export const setupStateSchema = z.object({ needed: z.boolean() })
export const setupInputSchema = z.object({
  token: z.string().min(1).max(128),
  name: z.string().trim().min(1).max(80),
  email: z.email().max(254),
  password: passwordSchema,
})
export type SetupInput = z.infer<typeof setupInputSchema>

export const signInSchema = z.object({ email: z.email().max(254), password: z.string().min(1).max(256) })
export const changePasswordSchema = z.object({
  currentPassword: z.string().min(1).max(256),
  newPassword: passwordSchema,
  /** Sign every other session out. */
  revokeOthers: z.boolean().default(true),
})

export const accountSessionSchema = z.object({
  id: z.string(),
  current: z.boolean(),
  createdAt: instantSchema,
  lastUsedAt: instantSchema,
  expiresAt: instantSchema,
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
})
export type AccountSession = z.infer<typeof accountSessionSchema>

/** For scripts: as bearer of a request, it may do what it names and what its owner may then. */
export const apiTokenSchema = z.object({
  id: z.string().regex(/^t[0-9a-z]{12}$/),
  name: z.string(),
  permissions: z.array(z.enum(permissions)),
  /** Of a client certificate: the one host that it is for. Null: a token. */
  hostId: hostIdSchema.nullable(),
  createdAt: instantSchema,
  expiresAt: instantSchema,
  usedAt: instantSchema.nullable(),
})
export type ApiToken = z.infer<typeof apiTokenSchema>
export const newTokenSchema = z.object({
  name: z.string().trim().min(1).max(80),
  permissions: z.array(z.enum(permissions)).min(1),
  hours: z
    .int()
    .min(1)
    .max(24 * 365),
})
export type NewToken = z.infer<typeof newTokenSchema>
/** The only answer with the token in it. */
export const madeTokenSchema = apiTokenSchema.extend({ token: z.string() })
export type MadeToken = z.infer<typeof madeTokenSchema>
