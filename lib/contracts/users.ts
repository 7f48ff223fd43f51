import { z } from 'zod'
import { roles } from '../permissions.ts'
import { grantSchema } from './access.ts'
import { passwordSchema } from './account.ts'
import { instantSchema } from './common.ts'

/** Hours for which an invitation or a reset by link is good. */
export const linkHours = 72

/** A link that waits to be used; its token is not in it. */
const linkSchema = z.object({ id: z.uuid(), createdAt: instantSchema, expiresAt: instantSchema })

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  /** Null: only what grants give. */
  role: z.enum(roles).nullable(),
  grants: z.array(grantSchema),
  state: z.enum(['active', 'disabled']),
  createdAt: instantSchema,
  /** Null: never since they joined. */
  lastSignInAt: instantSchema.nullable(),
  /** Open sessions, and tokens that are still good. */
  sessions: z.int(),
  tokens: z.int(),
  /** The one who asks. */
  self: z.boolean(),
  /** The only administrator who can sign in: cannot be demoted, disabled or removed. */
  lastAdministrator: z.boolean(),
  reset: linkSchema.nullable(),
  /** How the identity provider calls who is them there, its subject; null: they are not linked. */
  provider: z.string().nullable(),
  secondFactors: z.object({ totp: z.boolean(), passkeys: z.int() }),
})
export type User = z.infer<typeof userSchema>

export const invitationSchema = linkSchema.extend({
  name: z.string(),
  email: z.string(),
  role: z.enum(roles).nullable(),
})
export type Invitation = z.infer<typeof invitationSchema>

export const peopleSchema = z.object({
  users: z.array(userSchema),
  invitations: z.array(invitationSchema),
  /** The identity provider's name; null: there is none. */
  provider: z.string().nullable(),
  /** What its groups are to have by the configuration, and is no role here. */
  unknownRoles: z.array(z.string()),
  /** Whether everybody needs one. */
  secondFactor: z.object({
    required: z.boolean(),
    /** By the server's configuration: it cannot be changed here. */
    fixed: z.boolean(),
    /** The one who asks would not be asked for one. */
    ready: z.boolean(),
  }),
})
export type People = z.infer<typeof peopleSchema>

export const newInvitationSchema = z.object({
  name: z.string().trim().min(1).max(80),
  email: z.email().max(254),
  role: z.enum(roles).nullable(),
})
export type NewInvitation = z.infer<typeof newInvitationSchema>

/** The only answer with the link in it. The token is its fragment, which browsers keep to themselves. */
export const madeLinkSchema = z.object({ url: z.url(), expiresAt: instantSchema })
export type MadeLink = z.infer<typeof madeLinkSchema>

export const userChangeSchema = z
  .object({ role: z.enum(roles).nullable(), disabled: z.boolean() })
  .partial()
  .refine((change) => Object.keys(change).length === 1, 'role or disabled')
export type UserChange = z.input<typeof userChangeSchema>

export const secondFactorRuleSchema = z.strictObject({ secondFactorRequired: z.boolean() })

const linkTokenSchema = z.string().min(1).max(128)
export const linkLookSchema = z.object({ token: linkTokenSchema })
export const joinInputSchema = z.object({ token: linkTokenSchema, password: passwordSchema })

/** What a link is for, as its page shows it. */
export const linkPurposeSchema = z.object({
  purpose: z.enum(['join', 'reset']),
  name: z.string(),
  email: z.string(),
  role: z.enum(roles).nullable(),
})
export type LinkPurpose = z.infer<typeof linkPurposeSchema>
