import { z } from 'zod'
import {
  customRoleSchema,
  explanationQuerySchema,
  explanationSchema,
  grantSchema,
  newGrantSchema,
  newRoleSchema,
  previewInputSchema,
  roleChangeSchema,
} from '#lib/contracts/access.ts'
import { sessionSchema } from '#lib/contracts/account.ts'
import type { Access } from '../../access/access.ts'
import type { Grants } from '../../access/grants.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Previews } from '../../identity/previews.ts'
import type { Users } from '../../identity/users.ts'
import { defineRoute } from '../../web/define-route.ts'
import { sessionOf } from '../account/routes.ts'

const oneRole = z.object({ roleId: customRoleSchema.shape.id })
const oneUser = z.object({ userId: z.string().min(1).max(64) })

/** Custom roles, and what they are granted on to whom. */
export function accessRoutes(parts: {
  access: Access
  grants: Grants
  users: Users
  previews: Previews
  registry: HostRegistry
}) {
  const { access, grants, users, previews, registry } = parts
  return [
    defineRoute({
      method: 'GET',
      path: '/api/roles',
      access: 'users.view',
      summary: 'Custom roles, with how many grants give each',
      response: z.array(customRoleSchema),
      handler: async () => grants.roles(),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/roles',
      access: 'users.edit',
      fresh: true,
      summary: 'Make a role of named permissions',
      body: newRoleSchema,
      response: customRoleSchema,
      handler: ({ body }) => grants.addRole(body),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/roles/:roleId',
      access: 'users.edit',
      fresh: true,
      summary: 'Change a role; it counts at once for everybody who has it',
      params: oneRole,
      body: roleChangeSchema,
      response: customRoleSchema,
      handler: ({ params, body }) => grants.changeRole(params.roleId, body),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/roles/:roleId',
      access: 'users.edit',
      fresh: true,
      summary: 'Remove a role that no grant gives',
      params: oneRole,
      handler: ({ params }) => grants.removeRole(params.roleId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/users/:userId/grants',
      access: 'users.edit',
      fresh: true,
      summary: 'Give a person a role on hosts and containers, or deny it there; what runs in their name ends',
      params: oneUser,
      body: newGrantSchema,
      response: grantSchema,
      async handler({ params, body }) {
        if (body.hosts.kind === 'host') registry.get(body.hosts.hostId)
        return grants.add(params.userId, body)
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/users/:userId/grants/:grantId',
      access: 'users.edit',
      fresh: true,
      summary: 'Take a grant away; what runs in their name ends',
      params: oneUser.extend({ grantId: grantSchema.shape.id }),
      handler: ({ params }) => grants.remove(params.userId, params.grantId),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/users/:userId/access',
      access: 'users.view',
      summary: 'What a person may on a host, or with a container, and what decides it',
      params: oneUser,
      query: explanationQuerySchema,
      response: explanationSchema,
      handler: async ({ params, query }) =>
        access.explain(await users.person(params.userId), query.hostId, query.containerId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/preview',
      access: 'users.edit',
      event: 'users.preview',
      summary: 'Look at the dashboard as somebody sees it; nothing can be changed or downloaded meanwhile',
      body: previewInputSchema,
      response: sessionSchema,
      async handler({ principal, body }) {
        await previews.begin(principal, body.userId)
        return sessionOf(access, principal)
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/preview',
      access: 'session',
      event: 'users.previewEnded',
      inPreview: true,
      summary: 'Look with the own rights again',
      response: sessionSchema,
      async handler({ principal }) {
        previews.leave(principal)
        return sessionOf(access, principal)
      },
    }),
  ]
}
