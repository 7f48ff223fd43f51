import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { signInAnswerSchema } from '#lib/contracts/sign-in.ts'
import {
  joinInputSchema,
  linkLookSchema,
  linkPurposeSchema,
  type MadeLink,
  madeLinkSchema,
  newInvitationSchema,
  peopleSchema,
  userChangeSchema,
} from '#lib/contracts/users.ts'
import type { Access } from '../../access/access.ts'
import type { Config } from '../../config.ts'
import type { FreshLink, Links } from '../../identity/links.ts'
import type { Users } from '../../identity/users.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { Guard } from '../../web/guard.ts'
import { answerSignIn, clientOf } from '../account/routes.ts'

const oneUser = z.object({ userId: z.string().min(1).max(64) })

/** The people, for administrators, and the two routes of who holds a link. */
export function userRoutes(parts: {
  users: Users
  links: Links
  guard: Guard
  config: Config
  access: Access
}) {
  const { users, links, guard, config, access } = parts
  const linkOf = (request: FastifyRequest, { token, expiresAt }: FreshLink): MadeLink => {
    // The host was checked to be one of ours; a browser's own origin also knows the scheme.
    const own = request.headers.origin ?? `http://${request.headers.host}`
    const origin = config.publicUrl?.origin ?? own
    // In the fragment: it is in no request, and so in no log and no referrer.
    return { url: `${origin}${config.basePath}/join#${token}`, expiresAt }
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/api/users',
      access: 'users.view',
      summary: 'Everybody with an account, and the invitations that wait',
      response: peopleSchema,
      handler: ({ principal }) => users.list(principal),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/users/:userId',
      access: 'users.edit',
      fresh: true,
      summary: 'Change the role, or disable and enable; what runs in their name ends',
      params: oneUser,
      body: userChangeSchema,
      tells: ['disabled'],
      handler: ({ principal, params, body }) => users.change(principal, params.userId, body),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/users/:userId',
      access: 'users.edit',
      fresh: true,
      summary: 'Remove a person with their sessions and tokens',
      params: oneUser,
      handler: ({ params }) => users.remove(params.userId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/users/:userId/reset',
      access: 'users.edit',
      fresh: true,
      summary: 'Make a link by which a person chooses a new password; this answer alone holds it',
      params: oneUser,
      response: madeLinkSchema,
      handler: async ({ principal, params, request }) =>
        linkOf(request, await links.reset(principal, params.userId)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/invitations',
      access: 'users.edit',
      fresh: true,
      summary: 'Make a link by which a person joins; this answer alone holds it',
      body: newInvitationSchema,
      response: madeLinkSchema,
      handler: async ({ principal, body, request }) => linkOf(request, await links.invite(principal, body)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/invitations/:invitationId',
      access: 'users.edit',
      fresh: true,
      summary: 'Take an invitation or a reset back',
      params: z.object({ invitationId: z.uuid() }),
      handler: ({ params }) => links.withdraw(params.invitationId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/join/look',
      access: 'anonymous',
      asksOnly: true,
      summary: 'What a link is for',
      body: linkLookSchema,
      response: linkPurposeSchema,
      handler: ({ body, request }) => links.look(body.token, clientOf(request, guard)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/join',
      access: 'anonymous',
      event: 'account.joined',
      summary: 'Use a link up: choose the password, and sign in',
      body: joinInputSchema,
      response: signInAnswerSchema,
      handler: async ({ body, request, reply }) =>
        answerSignIn(access, request, reply, await links.use(body, clientOf(request, guard))),
    }),
  ]
}
