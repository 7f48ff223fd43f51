import { z } from 'zod'
import { permissions, roles } from '../permissions.ts'
import { instantSchema } from './common.ts'

export const passwordSchema = z.string().min(12).max(256)

export const sessionSchema = z.object({
  user: z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles) }),
  permissions: z.array(z.enum(permissions)),
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
