import { sessionSchema, setupInputSchema, setupStateSchema } from '#lib/contracts/account.ts'
import type { Access } from '../../access/access.ts'
import type { Setup } from '../../identity/setup.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { Guard } from '../../web/guard.ts'
import { answerSignedIn, clientOf } from '../account/routes.ts'

/** First run: is it needed, and do it. Open to anybody, since nobody has an account yet; the token decides. */
export function setupRoutes(parts: { setup: Setup; guard: Guard; access: Access }) {
  const { setup, guard, access } = parts
  return [
    defineRoute({
      method: 'GET',
      path: '/api/setup',
      access: 'anonymous',
      summary: 'Whether the first administrator is still to be made',
      response: setupStateSchema,
      handler: async () => ({ needed: await setup.needed() }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/setup',
      access: 'anonymous',
      event: 'account.setUp',
      summary: 'Make the first administrator with the one-time token, and sign in',
      body: setupInputSchema,
      response: sessionSchema,
      handler: async ({ body, request, reply }) =>
        answerSignedIn(access, request, reply, await setup.complete(body, clientOf(request, guard))),
    }),
  ]
}
