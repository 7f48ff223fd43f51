import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  accountSessionSchema,
  apiTokenSchema,
  changePasswordSchema,
  madeTokenSchema,
  newTokenSchema,
  type Session,
  sessionSchema,
  signInSchema,
} from '#lib/contracts/account.ts'
import {
  codeInputSchema,
  oidcWaySchema,
  passkeyOptionsSchema,
  passkeyUseSchema,
  type SignInAnswer,
  signInAnswerSchema,
  signInOfferSchema,
} from '#lib/contracts/sign-in.ts'
import type { Access } from '../../access/access.ts'
import type { Config } from '../../config.ts'
import type { Client, Identity, SignedIn } from '../../identity/identity.ts'
import type { OidcSignIn } from '../../identity/oidc-sign-in.ts'
import type { Challenge } from '../../identity/passkeys.ts'
import type { HalfSignedIn, SignIn } from '../../identity/sign-in.ts'
import type { Principal } from '../../principal/principal.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { Guard } from '../../web/guard.ts'
import { headersOf } from '../../web/headers.ts'
import { noteOutcome } from '../../web/recorded.ts'

/** Who asks, for identity: headers, and the address as our server determined it. */
export function clientOf(request: FastifyRequest, guard: Guard): Client {
  const address = guard.address(request.socket.remoteAddress, request.headers['x-forwarded-for'])
  return { headers: headersOf(request), address }
}

export function sessionOf(access: Access, principal: Principal): Session {
  const { userId, name, email, role } = principal
  const previewed = access.previewOf(principal)
  return {
    user: { id: userId, name, email, role },
    permissions: access.allowed(principal),
    rights: access.visibleRights(principal),
    preview: previewed ? { id: previewed.userId, name: previewed.name, email: previewed.email } : null,
    secondFactorNeeded: principal.secondFactorNeeded === true,
  }
}

/** Answers who has just signed in: the cookie, and what they may do. The audit log learns of the session by the request. */
export function answerSignedIn(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  { principal, cookies }: SignedIn,
): Session {
  request.principal = principal
  noteOutcome(request, `by ${principal.method}`)
  reply.header('set-cookie', cookies)
  return sessionOf(access, principal)
}

/** As `answerSignedIn`, or what has to follow before anybody is signed in. */
export function answerSignIn(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: SignedIn | HalfSignedIn,
): SignInAnswer {
  if ('principal' in answer) return answerSignedIn(access, request, reply, answer)
  noteOutcome(request, 'the password was right, the second step is awaited')
  reply.header('set-cookie', answer.cookies)
  return { secondStep: answer.secondStep }
}

/** What the browser is to ask its authenticator for. The cookie remembers what that was. */
export function asked(reply: FastifyReply, { options, cookie }: Challenge<object>) {
  reply.header('set-cookie', cookie)
  return { options: options as Record<string, unknown> }
}

/** Sign-in and the signed-in person's own account. */
export function accountRoutes(parts: {
  identity: Identity
  signIn: SignIn
  oidc: OidcSignIn | null
  guard: Guard
  access: Access
  config: Config
}) {
  const { identity, signIn, oidc, guard, access, config } = parts
  return [
    defineRoute({
      method: 'POST',
      path: '/api/session',
      access: 'anonymous',
      event: 'account.signIn',
      summary: 'Sign in',
      body: signInSchema,
      response: signInAnswerSchema,
      handler: async ({ body, request, reply }) =>
        answerSignIn(access, request, reply, await signIn.password(body, clientOf(request, guard))),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/sign-in',
      access: 'anonymous',
      summary: 'What the sign-in page has to offer',
      response: signInOfferSchema,
      handler: async ({ request }) => ({
        secondStep: await signIn.awaited(headersOf(request)),
        provider: oidc?.name ?? null,
        localForFew: config.localSignIn !== null,
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/session/code',
      access: 'anonymous',
      event: 'account.signIn',
      summary: 'Second step of a sign-in: a code of the authenticator, or a recovery code',
      body: codeInputSchema,
      response: sessionSchema,
      handler: async ({ body, request, reply }) =>
        answerSignedIn(access, request, reply, await signIn.code(body.code, clientOf(request, guard))),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/session/passkey/options',
      access: 'anonymous',
      asksOnly: true,
      summary: 'What to ask a passkey for',
      response: passkeyOptionsSchema,
      handler: async ({ request, reply }) => {
        const site = { origin: guard.origin(request) }
        return asked(reply, await signIn.askPasskey(site, headersOf(request)))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/session/passkey',
      access: 'anonymous',
      event: 'account.signIn',
      summary: 'Sign in with a passkey, which is both factors in one',
      body: passkeyUseSchema,
      response: sessionSchema,
      handler: async ({ body, request, reply }) => {
        const site = { origin: guard.origin(request) }
        const signedIn = await signIn.passkey(body.passkey, site, clientOf(request, guard))
        return answerSignedIn(access, request, reply, signedIn)
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/session',
      access: 'session',
      withoutSecondFactor: true,
      summary: 'Who is signed in, and what they may do',
      response: sessionSchema,
      handler: async ({ principal }) => sessionOf(access, principal),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/session',
      access: 'session',
      withoutSecondFactor: true,
      event: 'account.signOut',
      inPreview: true,
      summary: 'Sign out; the answer may say where to sign out of the identity provider, too',
      response: oidcWaySchema.optional(),
      handler: async ({ principal, request, reply }) => {
        reply.header('set-cookie', await identity.signOut(clientOf(request, guard)))
        if (principal?.method !== 'oidc' || !oidc) return
        const back = `${guard.origin(request)}${config.basePath}/login`
        // Signed out here they are in any case.
        const url = await oidc.signOutUrl(back).catch(() => null)
        return url === null ? undefined : { url }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/password',
      access: 'session',
      event: 'account.password',
      summary: 'Change the password',
      body: changePasswordSchema,
      handler: ({ principal, body, request }) =>
        identity.changePassword(principal, body, clientOf(request, guard)),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/account/sessions',
      access: 'session',
      summary: 'The own sessions',
      response: z.array(accountSessionSchema),
      handler: ({ principal }) => identity.sessions(principal),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/account/sessions/:sessionId',
      access: 'session',
      event: 'account.sessionEnded',
      summary: 'End one of the own sessions; its pages and sockets are signed out at once',
      params: z.object({ sessionId: z.string().min(1).max(64) }),
      handler: ({ principal, params }) => identity.revoke(principal, params.sessionId),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/account/tokens',
      access: 'session',
      summary: 'The own API tokens, without the tokens themselves',
      response: z.array(apiTokenSchema),
      handler: ({ principal }) => identity.tokens.list(principal),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/tokens',
      access: 'session',
      event: 'account.tokenMade',
      fresh: true,
      summary: 'Make an API token; this answer alone holds it',
      body: newTokenSchema,
      response: madeTokenSchema,
      handler: ({ principal, body }) => identity.tokens.create(principal, body),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/account/tokens/:tokenId',
      access: 'session',
      event: 'account.tokenEnded',
      summary: 'End one of the own API tokens',
      params: z.object({ tokenId: apiTokenSchema.shape.id }),
      handler: ({ principal, params }) => identity.tokens.revoke(principal, params.tokenId),
    }),
  ]
}
