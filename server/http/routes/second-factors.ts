import { z } from 'zod'
import {
  codeInputSchema,
  factorsSchema,
  freshMinutes,
  newTotpSchema,
  proofSchema,
  recoveryCodesSchema,
} from '#lib/contracts/sign-in.ts'
import type { Identity } from '../../auth/identity.ts'
import { isFresh, type SignIn } from '../../auth/sign-in.ts'
import type { Principal } from '../../auth/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'
import type { Guard } from '../guard.ts'
import { clientOf } from './account.ts'

/** How people prove who they are: their own second factors, the proof asked for again, and what administrators take away. */
export function secondFactorRoutes(parts: { identity: Identity; signIn: SignIn; guard: Guard }): AnyRoute[] {
  const { identity, signIn, guard } = parts
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
        const who = principal as Principal
        const { provedAt, userId, secondFactorNeeded = false } = who
        const state = await factors.state(userId)
        const until = new Date(Date.parse(provedAt ?? '') + freshMinutes * 60_000)
        return {
          ...state,
          needed: secondFactorNeeded,
          freshUntil: isFresh(who) ? until.toISOString() : null,
          proofs: state.totpSince ? ['password' as const, 'code' as const] : ['password' as const],
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
        signIn.prove(principal as Principal, body, clientOf(request, guard)),
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
        const { userId, email } = principal as Principal
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
      handler: async ({ principal, body, request }) => {
        const who = principal as Principal
        const { address } = clientOf(request, guard)
        const succeeded = await identity.limits.attempt(`code ${who.userId}`, address)
        const codes = await factors.confirmTotp(who.userId, body.code)
        await succeeded()
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
      handler: ({ principal }) => factors.removeTotp((principal as Principal).userId),
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
        recoveryCodes: await factors.renewRecoveryCodes((principal as Principal).userId),
      }),
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
        await factors.remove(userId)
        await identity.endAll(userId)
      },
    }),
  ]
}
