import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  codeInputSchema,
  factorsSchema,
  freshMinutes,
  newPasskeySchema,
  newTotpSchema,
  passkeyNameSchema,
  passkeyOptionsSchema,
  proofSchema,
  recoveryCodesSchema,
} from '#lib/contracts/sign-in.ts'
import { secondFactorRuleSchema } from '#lib/contracts/users.ts'
import type { Identity } from '../../identity/identity.ts'
import type { OidcSignIn } from '../../identity/oidc-sign-in.ts'
import type { Passkeys } from '../../identity/passkeys.ts'
import { isFresh, type SignIn } from '../../identity/sign-in.ts'
import type { Users } from '../../identity/users.ts'
import type { Principal } from '../../principal/principal.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { Guard } from '../../web/guard.ts'
import { headersOf } from '../../web/headers.ts'
import { asked, clientOf } from './routes.ts'

const onePasskey = z.object({ passkeyId: z.string().regex(/^[0-9a-f]{32}$/) })

/** How people prove who they are: their own second factors, the proof asked for again, and what administrators take away. */
export function secondFactorRoutes(parts: {
  identity: Identity
  users: Users
  signIn: SignIn
  passkeys: Passkeys
  oidc: OidcSignIn | null
  guard: Guard
}) {
  const { identity, users, signIn, passkeys, oidc, guard } = parts
  const siteOf = (request: FastifyRequest) => ({ origin: guard.origin(request) })
  const { factors } = identity
  /** After the first factor: sessions that were opened by the password alone end. */
  const added = async (principal: Principal, recoveryCodes: string[] | null) => {
    if (recoveryCodes) await identity.endOthers(principal)
    return { recoveryCodes }
  }
  const own = { access: 'session', withoutSecondFactor: true } as const
  return [
    defineRoute({
      method: 'GET',
      path: '/api/account/factors',
      ...own,
      summary: 'How the signed-in person proves who they are',
      response: factorsSchema,
      handler: async ({ principal }) => {
        const who = principal
        const { provedAt, userId, secondFactorNeeded = false } = who
        const state = await factors.state(userId)
        const keys = await passkeys.list(userId)
        const hasPassword = await identity.hasPassword(userId)
        const until = new Date(Date.parse(provedAt ?? '') + freshMinutes * 60_000)
        return {
          ...state,
          passkeys: keys,
          provider: oidc && { name: oidc.name, linked: await oidc.isLinked(userId) },
          needed: secondFactorNeeded,
          freshUntil: isFresh(who) ? until.toISOString() : null,
          proofs: [
            ...(keys.length > 0 ? (['passkey'] as const) : []),
            ...(oidc && who.method === 'oidc' ? (['provider'] as const) : []),
            ...(state.totpSince || state.recoveryCodes > 0 ? (['code'] as const) : []),
            // By itself only where there is nothing more to ask for.
            ...(hasPassword && keys.length === 0 && !state.totpSince ? (['password'] as const) : []),
          ],
        }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/proof',
      ...own,
      event: 'account.proved',
      summary: 'Prove anew who is signed in, for what is sensitive',
      body: proofSchema,
      handler: ({ principal, body, request }) =>
        signIn.prove(principal, body, siteOf(request), clientOf(request, guard)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/proof/options',
      ...own,
      asksOnly: true,
      summary: 'What to ask one of the own passkeys for, as a proof',
      response: passkeyOptionsSchema,
      handler: async ({ principal, request, reply }) =>
        asked(reply, await passkeys.askToUse(principal, siteOf(request))),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/passkeys/options',
      ...own,
      asksOnly: true,
      fresh: true,
      summary: 'What to make a passkey of',
      response: passkeyOptionsSchema,
      handler: async ({ principal, request, reply }) =>
        asked(reply, await passkeys.askToAdd(principal, siteOf(request))),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/passkeys',
      ...own,
      event: 'account.passkeyAdded',
      fresh: true,
      summary: 'Add a passkey; the first second factor answers with recovery codes',
      body: newPasskeySchema,
      response: recoveryCodesSchema,
      handler: async ({ principal, body, request }) => {
        const who = principal
        const given = { name: body.name, response: body.passkey }
        await passkeys.add(who, siteOf(request), given, headersOf(request))
        return added(who, await factors.firstCodes(who.userId))
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/account/passkeys/:passkeyId',
      ...own,
      event: 'account.passkeyRenamed',
      fresh: true,
      summary: 'Give a passkey another name',
      params: onePasskey,
      body: passkeyNameSchema,
      handler: ({ principal, params, body }) =>
        passkeys.rename(principal.userId, params.passkeyId, body.name),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/account/passkeys/:passkeyId',
      ...own,
      event: 'account.passkeyRemoved',
      fresh: true,
      summary: 'Take a passkey away',
      params: onePasskey,
      handler: async ({ principal, params }) => {
        const { userId } = principal
        await passkeys.remove(userId, params.passkeyId)
        await factors.tidy(userId)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/totp',
      ...own,
      event: 'account.totpBegun',
      fresh: true,
      summary: 'Begin with an authenticator; this answer alone holds its secret',
      response: newTotpSchema,
      handler: ({ principal }) => {
        const { userId, email } = principal
        return factors.beginTotp(userId, email)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/totp/confirm',
      ...own,
      event: 'account.totpAdded',
      fresh: true,
      summary: 'Confirm the authenticator by a code; the first answers with recovery codes',
      body: codeInputSchema,
      response: recoveryCodesSchema,
      handler: async ({ principal, body }) => {
        const who = principal
        const codes = await identity.limits.proof(who, () => factors.confirmTotp(who.userId, body.code))
        return added(who, codes)
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/account/totp',
      ...own,
      event: 'account.totpRemoved',
      fresh: true,
      summary: 'Take the authenticator away',
      handler: ({ principal }) => factors.removeTotp(principal.userId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/recovery-codes',
      ...own,
      event: 'account.recoveryCodes',
      fresh: true,
      summary: 'Make new recovery codes; the earlier ones end',
      response: recoveryCodesSchema,
      handler: async ({ principal }) => ({
        recoveryCodes: await factors.renewRecoveryCodes(principal.userId),
      }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/sign-in',
      access: 'users.edit',
      event: 'users.secondFactorRule',
      fresh: true,
      summary: 'Whether everybody needs a second factor; what runs for people without one ends',
      body: secondFactorRuleSchema,
      tells: ['secondFactorRequired'],
      handler: ({ principal, body }) => identity.secondFactorRule.set(principal, body.secondFactorRequired),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/users/:userId/second-factor',
      access: 'users.edit',
      event: 'users.secondFactorRemoved',
      fresh: true,
      summary: "Take a person's second factors away and end their sessions",
      params: z.object({ userId: z.string().min(1).max(64) }),
      handler: async ({ params: { userId } }) => {
        await users.person(userId)
        await factors.remove(userId)
        await identity.endAll(userId)
      },
    }),
  ]
}
