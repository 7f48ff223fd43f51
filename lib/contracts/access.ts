import { z } from 'zod'
import { grantablePermissions, permissions } from '../permissions.ts'
import { hostIdSchema, instantSchema } from './common.ts'

/** Which hosts a grant is for. A tag takes hosts in that are tagged later. */
export const hostSelectorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('tag'), tag: z.string().min(1).max(40) }),
  z.strictObject({ kind: z.literal('host'), hostId: hostIdSchema }),
])
export type HostSelector = z.infer<typeof hostSelectorSchema>

/**
 * Which containers of these hosts. Anything but all of them is about containers alone: images, volumes and networks, and
 * what makes new containers, need a grant on all.
 */
export const containerSelectorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  /** Null: whatever its value. */
  z.strictObject({
    kind: z.literal('label'),
    key: z.string().min(1).max(256),
    value: z.string().max(1024).nullable(),
  }),
  /** `*` is any text, `?` any character; the whole name has to match. */
  z.strictObject({ kind: z.literal('name'), pattern: z.string().min(1).max(128) }),
])
export type ContainerSelector = z.infer<typeof containerSelectorSchema>

/** A role that people of this dashboard made of named permissions. */
export const customRoleSchema = z.object({
  id: z.string().regex(/^r[0-9a-z]{12}$/),
  name: z.string().trim().min(1).max(60),
  permissions: z.array(z.enum(permissions)),
  createdAt: instantSchema,
  /** Grants that give it, to whomever. */
  grants: z.int(),
})
export type CustomRole = z.infer<typeof customRoleSchema>
export const newRoleSchema = customRoleSchema
  .pick({ name: true })
  .extend({ permissions: z.array(z.enum(grantablePermissions)).min(1) })
export type NewRole = z.infer<typeof newRoleSchema>
export const roleChangeSchema = newRoleSchema
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'name or permissions')
export type RoleChange = z.infer<typeof roleChangeSchema>

/** `operator`, `viewer`, or a custom role's id. Administrators are made by the person's own role, not by a grant. */
export const grantedRoleSchema = z.union([z.enum(['operator', 'viewer']), customRoleSchema.shape.id])

/** What a person may beside their own role; what any `deny` names they may not, whatever allows it. */
export const grantSchema = z.object({
  id: z.string().regex(/^g[0-9a-z]{12}$/),
  effect: z.enum(['allow', 'deny']),
  role: grantedRoleSchema,
  hosts: hostSelectorSchema,
  containers: containerSelectorSchema,
  /** By their groups at the identity provider, as of their last sign-in by it. */
  byProvider: z.boolean(),
})
export type Grant = z.infer<typeof grantSchema>
export const newGrantSchema = grantSchema.omit({ id: true, byProvider: true })
export type NewGrant = z.infer<typeof newGrantSchema>

/**
 * What somebody may, resolved: `own` everywhere, each grant where it is for. In a session's answer without the denials that
 * hide: what they hide is not there to ask about. An allowing grant carries the views that its
 * permissions need. Read by `mayOn` (lib/access.ts).
 */
export const rightsSchema = z.object({
  own: z.array(z.enum(permissions)),
  grants: z.array(
    grantSchema.omit({ role: true, byProvider: true }).extend({ permissions: z.array(z.enum(permissions)) }),
  ),
})
export type Rights = z.infer<typeof rightsSchema>

/** `POST /api/preview`: the dashboard as this person sees it; nothing can be changed meanwhile. */
export const previewInputSchema = z.object({ userId: z.string().min(1).max(64) })

/** `GET /api/users/:userId/access`: what they may on a host, or with a container, and why. */
export const explanationQuerySchema = z.object({
  hostId: hostIdSchema,
  containerId: z.string().max(64).optional(),
})
export const explanationSchema = z.object({
  /** Whether the host, and the container if one was asked for, is there for them at all. */
  visible: z.boolean(),
  permissions: z.array(
    z.object({
      permission: z.enum(permissions),
      allowed: z.boolean(),
      /** What decided: their own role, or these grants. Empty: nothing gives it. */
      by: z.array(z.union([z.literal('role'), grantSchema.shape.id])),
    }),
  ),
})
export type Explanation = z.infer<typeof explanationSchema>
