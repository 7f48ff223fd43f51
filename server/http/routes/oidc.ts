import type { FastifyRequest } from 'fastify'
import { sessionSchema } from '#lib/contracts/account.ts'
import { oidcReturnSchema, oidcWaySchema } from '#lib/contracts/sign-in.ts'
import type { Access } from '../../auth/access.ts'
import type { OidcSignIn } from '../../auth/oidc-sign-in.ts'
import type { Config } from '../../config.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'
import type { Guard } from '../guard.ts'
import { clientOf, welcome } from './account.ts'

/**
 * Sign-in by the identity provider. It sends the browser back to a page of ours, which passes on what it was given: so
 * every request here comes from our own page, and no cookie has to be sent across sites.
 */
export function oidcRoutes(parts: {
  oidc: OidcSignIn
  guard: Guard
  access: Access
  config: Config
}): AnyRoute[] {
  const { oidc, guard, access, config } = parts
  const redirectUri = (request: FastifyRequest) => `${guard.origin(request)}${config.basePath}/oidc`
  return [
    defineRoute({
      method: 'POST',
      path: '/api/session/oidc/begin',
      access: 'anonymous',
      asksOnly: true,
      summary: 'Where to sign in with the identity provider',
      response: oidcWaySchema,
      handler: async ({ request, reply }) => {
        const { url, cookie } = await oidc.begin(redirectUri(request))
        reply.header('set-cookie', cookie)
        return { url }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/proof/oidc/begin',
      access: 'session',
      withoutSecondFactor: true,
      asksOnly: true,
      summary: 'Where to prove anew, with the identity provider, who is signed in',
      response: oidcWaySchema,
      handler: async ({ principal, request, reply }) => {
        const { url, cookie } = await oidc.begin(redirectUri(request), principal?.sessionId)
        reply.header('set-cookie', cookie)
        return { url }
      },
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
        welcome(access, request, reply, await oidc.finish(body.query, clientOf(request, guard))),
    }),
  ]
}
