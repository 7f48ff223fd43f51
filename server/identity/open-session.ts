import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'

const inputSchema = z.object({
  userId: z.string(),
  /** Method, time of the proof, and address: what we keep beside the library's own columns. */
  kept: z.object({ method: z.string(), provedAt: z.string(), ipAddress: z.string() }),
})

/**
 * Opens a session for who has proved themselves by whatever means: the library's own sign-in opens one as soon as the
 * password is right. Without a path it could not be reached even if the library's handler were mounted.
 */
export const openSession = {
  id: 'open-session',
  endpoints: {
    openSession: createAuthEndpoint({ method: 'POST', body: inputSchema }, async (context) => {
      const { userId, kept } = context.body
      const { internalAdapter } = context.context
      const user = await internalAdapter.findUserById(userId)
      if (!user) return context.json({ opened: false })
      const session = await internalAdapter.createSession(userId, false, kept)
      await setSessionCookie(context, { session, user })
      return context.json({ opened: true })
    }),
  },
}
