import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { sessionSchema } from '#lib/contracts/account.ts'
import { oidcReturnSchema, oidcWaySchema } from '#lib/contracts/sign-in.ts'
import type { Access } from '../../access/access.ts'
import type { Config } from '../../config.ts'
import type { OidcSignIn } from '../../identity/oidc-sign-in.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { Guard } from '../../web/guard.ts'
import { headersOf } from '../../web/headers.ts'
import { answerSignedIn, clientOf } from './routes.ts'

/**
 * Sign-in by the identity provider, and which of its accounts is whose here. It sends the browser back to a page of ours, which passes on what it was given: so
 * every request here comes from our own page, and no cookie has to be sent across sites.
 */
export function oidcRoutes(parts: { oidc: OidcSignIn; guard: Guard; access: Access; config: Config }) {
  const { oidc, guard, access, config } = parts
  const redirectUri = (request: FastifyRequest) => `${guard.origin(request)}${config.basePath}/oidc`
  const begin = async (
    request: FastifyRequest,
    reply: FastifyReply,
    purpose?: Parameters<OidcSignIn['begin']>[1],
  ) => {
    const { url, cookie } = await oidc.begin(redirectUri(request), purpose)
    reply.header('set-cookie', cookie)
    return { url }
  }
  return [
    defineRoute({
      method: 'POST',
      path: '/api/session/oidc/begin',
      access: 'anonymous',
      asksOnly: true,
      summary: 'Where to sign in with the identity provider',
      response: oidcWaySchema,
      handler: ({ request, reply }) => begin(request, reply),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/proof/oidc/begin',
      access: 'session',
      withoutSecondFactor: true,
      asksOnly: true,
      summary: 'Where to prove anew, with the identity provider, who is signed in',
      response: oidcWaySchema,
      handler: ({ principal, request, reply }) =>
        begin(request, reply, { sessionId: principal.sessionId, linking: false }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/session/oidc',
      access: 'anonymous',
      event: 'account.signIn',
      summary: 'Sign in with what the identity provider sent the browser back with',
      body: oidcReturnSchema,
      response: sessionSchema,
      handler: async ({ body, request, reply }) =>
        answerSignedIn(access, request, reply, await oidc.finish(body.query, clientOf(request, guard))),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/provider/begin',
      access: 'session',
      fresh: true,
      asksOnly: true,
      summary: 'Where to sign in with the identity provider, to link what one is there with the own account',
      response: oidcWaySchema,
      handler: ({ principal, request, reply }) =>
        begin(request, reply, { sessionId: principal.sessionId, linking: true }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/provider',
      access: 'session',
      event: 'account.providerLinked',
      summary: 'Link the own account with what the identity provider sent the browser back with',
      body: oidcReturnSchema,
      handler: ({ principal, body, request }) => oidc.link(principal, body.query, headersOf(request)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/account/provider',
      access: 'session',
      event: 'account.providerUnlinked',
      fresh: true,
      summary: 'Do not sign in by the identity provider any more; what it had signed in elsewhere ends',
      handler: ({ principal }) => oidc.unlink(principal),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/users/:userId/provider',
      access: 'users.edit',
      event: 'users.providerUnlinked',
      fresh: true,
      summary: "Remove a person's link to the identity provider, and end their sessions",
      params: z.object({ userId: z.string().min(1).max(64) }),
      handler: ({ params }) => oidc.forget(params.userId),
    }),
  ]
}
