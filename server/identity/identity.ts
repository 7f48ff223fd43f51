import { createHash } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { type Role, roles } from '#lib/permissions.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Authorize, methodOf, type Principal, type SignInMethod } from '../principal/principal.ts'
import { createRevocation, type Ended, type Revocation } from '../principal/revocation-of-rights.ts'
import type { Vault } from '../secrets/vault.ts'
import { ageMs, settleFuture } from './clock.ts'
import { createLoginLimits, type LoginLimits } from './login-limits.ts'
import { openSession } from './open-session.ts'
import { createSecondFactorRule, type SecondFactorRule } from './second-factor-rule.ts'
import { createSecondFactors, type SecondFactors } from './second-factors.ts'
import { absoluteMs, idleSeconds } from './session-limits.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createTokens, type Tokens } from './tokens.ts'

export interface Client {
  headers: Headers
  /** As our server determined it: a proxy's header counts only from a trusted proxy. */
  address: string
}

export interface SignedIn {
  principal: Principal
  /** Set-Cookie values for the answer. */
  cookies: string[]
}

export interface Identity {
  /**
   * Null when signed out, expired or revoked. Asks the database each time, so that a revocation counts at once.
   * @param certificate as in `Credential`
   */
  principal(headers: Headers, certificate?: string): Promise<Principal | null>
  /** Makes the first administrator. The caller has checked the one-time token. */
  createAdministrator(input: { name: string; email: string; password: string }): Promise<string>
  /** Opens nothing. Throws bad_credentials. The limits are the caller's. */
  checkPassword(email: string, password: string): Promise<Known>
  /** '' for nobody. */
  emailOf(userId: string): Promise<string>
  hasPassword(userId: string): Promise<boolean>
  /** Changes with the password, and only with it. */
  stampOf(userId: string): Promise<string>
  /** The only way to a session. Throws account_disabled; bad_credentials, when the password is another by now. */
  open(who: Known & { method: SignInMethod }, client: Client): Promise<SignedIn>
  /** Whoever is signed in has proved it anew. */
  proved(principal: Principal): Promise<void>
  signOut(client: Client): Promise<string[]>
  changePassword(
    principal: Principal,
    input: { currentPassword: string; newPassword: string; revokeOthers: boolean },
    client: Client,
  ): Promise<void>
  sessions: Sessions['list']
  revoke: Sessions['revoke']
  hasUsers(): Promise<boolean>
  tokens: Tokens
  current: Sessions['current']
  /**
   * As `principal`, for what lasts: `end` is called when these rights end before the request or socket does.
   * Throws second_factor_needed where one is needed first, unless this may be had without.
   */
  admit(
    headers: Headers,
    end: (ended: Ended) => void,
    options?: { withoutSecondFactor?: boolean | undefined; certificate?: string | undefined },
  ): ReturnType<Revocation['admit']>
  onEnded: Revocation['onEnded']
  endAll: Sessions['endAll']
  endOthers: Sessions['endOthers']
  /** Ends what runs under rights that are others now. Nobody is signed out. */
  rightsChanged(whose: { userId: string } | { sessionId: string }): void
  /** Makes a person; without a password (null) they come by the identity provider. Throws email_taken. */
  createUser(input: {
    name: string
    email: string
    password: string | null
    role: Role | null
  }): Promise<string>
  setPassword(userId: string, password: string): Promise<void>
  secondFactorRule: SecondFactorRule
  limits: LoginLimits
  factors: SecondFactors
}

/** Who it is, as far as a first look tells. */
export interface Known {
  userId: string
  /** Of the password as it was then. Absent where none was asked for. */
  stamp?: string
}

export interface PasswordHashing {
  hash(password: string): Promise<string>
  verify(of: { hash: string; password: string }): Promise<boolean>
}

/**
 * Users, passwords and sessions, kept by better-auth. Its HTTP handler is not mounted: only the calls made here exist,
 * so none of its other endpoints can be reached.
 */
export async function createIdentity(parts: {
  config: Config
  db: Database
  vault: Vault
  authorize: Authorize
  log: Log
  passwords?: PasswordHashing | undefined
}): Promise<Identity> {
  const { config, db, vault, authorize } = parts
  const secure = config.publicUrl?.protocol === 'https:'
  const ours = { type: 'string', required: false, input: false } as const
  const auth = betterAuth({
    baseURL: config.publicUrl?.origin ?? `http://localhost:${config.port}`,
    basePath: '/api/auth',
    secret: vault.derive('sessions').toString('base64'),
    database: { db, type: 'sqlite' },
    telemetry: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 12,
      maxPasswordLength: 256,
      autoSignIn: false,
      ...(parts.passwords ? { password: parts.passwords } : {}),
    },
    user: { additionalFields: { role: ours, disabledAt: ours, lastSignInAt: ours } },
    plugins: [openSession],
    // cookieCache stays off: a cached session outlives its revocation (GHSA-xg6x-h9c9-2m83).
    session: {
      expiresIn: idleSeconds,
      updateAge: 300,
      cookieCache: { enabled: false },
      additionalFields: { method: ours, provedAt: ours },
    },
    // Its own limiter forgets at a restart and trusts X-Forwarded-For; ours stands before it.
    rateLimit: { enabled: false },
    advanced: {
      useSecureCookies: secure,
      cookiePrefix: 'roadstead',
      defaultCookieAttributes: { sameSite: 'strict', httpOnly: true, secure, path: config.basePath || '/' },
    },
  })
  await (await getMigrations(auth.options)).runMigrations()
  await settleFuture(db)
  const limits = createLoginLimits(db)
  const factors = createSecondFactors(db, vault)
  const revocation = createRevocation(parts.log)
  const rule = createSecondFactorRule({
    db,
    factors,
    fixed: config.secondFactorRequired,
    ended: revocation.end,
  })
  const sessions = createSessions(db, (ended) => revocation.end(ended))
  const tokens = createTokens(db, authorize, (sessionId) => revocation.end({ sessionId }))

  const passwordOf = async (userId: string) => {
    const account = await db
      .selectFrom('account')
      .select('password')
      .where('userId', '=', userId)
      .where('providerId', '=', 'credential')
      .executeTakeFirst()
    return account?.password ?? null
  }
  const stampOf = async (userId: string) =>
    createHash('sha256')
      .update((await passwordOf(userId)) ?? '')
      .digest('base64url')

  const identity: Identity = {
    async principal(headers, certificate) {
      const token = await tokens.find({ headers, certificate })
      if (token) {
        const { userId, name, email, role, disabledAt } = token.owner
        if (disabledAt !== null) return null
        const { permissions, hostId } = token
        return {
          userId,
          sessionId: token.id,
          name,
          email,
          role: roleOf(role),
          token: { permissions, ...(hostId === null ? {} : { hostId }) },
          secondFactorNeeded: await rule.needed(userId, null),
        }
      }
      if (certificate !== undefined || !headers.get('cookie')) return null
      // It also notes the use. On a full disk that fails, and reading has to go on.
      const found = await auth.api
        .getSession({ headers })
        .catch(() => auth.api.getSession({ headers, query: { disableRefresh: true } }))
      if (!found || (found.user as { disabledAt?: string | null }).disabledAt) return null
      const { method, provedAt } = found.session as { method?: string | null; provedAt?: string | null }
      const { createdAt, expiresAt } = found.session
      const isAhead = [createdAt, provedAt ?? 0, new Date(expiresAt).getTime() - idleSeconds * 1000].some(
        (at) => new Date(at).getTime() > Date.now(),
      )
      // Its time is counted from now on; the next look finds it so.
      if (isAhead) await settleFuture(db)
      if (ageMs(createdAt) > absoluteMs) {
        await sessions.end(found.session.id)
        return null
      }
      const means = methodOf(method)
      return {
        secondFactorNeeded: await rule.needed(found.user.id, means),
        method: means,
        ...(provedAt ? { provedAt } : {}),
        userId: found.user.id,
        sessionId: found.session.id,
        name: found.user.name,
        email: found.user.email,
        role: roleOf((found.user as { role?: string | null }).role),
      }
    },

    createAdministrator: (input) => identity.createUser({ ...input, role: 'administrator' }),

    async checkPassword(email, password) {
      const { internalAdapter, password: passwords } = await auth.$context
      const found = await internalAdapter.findUserByEmail(email.toLowerCase(), { includeAccounts: true })
      const hash = found?.accounts.find(({ providerId }) => providerId === 'credential')?.password
      if (!found || !hash) {
        // As slow as a wrong password: the time must not tell who has an account.
        await passwords.hash(password)
        throw new AppError('bad_credentials')
      }
      const stamp = await stampOf(found.user.id)
      if (!(await passwords.verify({ hash, password }))) throw new AppError('bad_credentials')
      return { userId: found.user.id, stamp }
    },
    stampOf,
    hasPassword: async (userId) => (await passwordOf(userId)) !== null,
    emailOf: async (userId) =>
      (await db.selectFrom('user').select('email').where('id', '=', userId).executeTakeFirst())?.email ?? '',

    async open({ userId, stamp, method }, client) {
      const kept = { method, provedAt: new Date().toISOString(), ipAddress: client.address }
      const answer = await auth.api.openSession({
        body: { userId, kept },
        headers: stripped(client),
        asResponse: true,
      })
      // The database decides about idleness; a cookie that ended after the idle time would sign out who is at work.
      const cookies = answer.headers
        .getSetCookie()
        .map((line) => line.replace(/Max-Age=\d+/i, `Max-Age=${absoluteMs / 1000}`))
      const headers = new Headers({ cookie: cookiesOf(answer) })
      const principal = await identity.principal(headers)
      const refuse = async (code: 'account_disabled' | 'bad_credentials') => {
        await auth.api.signOut({ headers })
        return new AppError(code)
      }
      // Said only to who knows the password.
      if (!principal) throw await refuse('account_disabled')
      // A reset may have come between the look at the old password and this session, which its ending did not see.
      if (stamp !== undefined && stamp !== (await stampOf(userId))) throw await refuse('bad_credentials')
      await db
        .updateTable('user')
        .set({ lastSignInAt: new Date().toISOString() })
        .where('id', '=', userId)
        .execute()
      return { principal, cookies }
    },

    async proved({ sessionId }) {
      const provedAt = new Date().toISOString()
      await db.updateTable('session').set({ provedAt }).where('id', '=', sessionId).execute()
    },

    async signOut(client) {
      const principal = await identity.principal(client.headers)
      const answer = await auth.api.signOut({ headers: client.headers, asResponse: true })
      if (principal) revocation.end({ sessionId: principal.sessionId })
      return answer.headers.getSetCookie()
    },

    async changePassword(principal, input, client) {
      const { currentPassword, newPassword } = input
      await limits.proof(principal, async () => {
        const answer = await auth.api.changePassword({
          body: { currentPassword, newPassword, revokeOtherSessions: false },
          headers: client.headers,
          asResponse: true,
        })
        if (!answer.ok) throw new AppError('password_wrong')
      })
      if (input.revokeOthers) await sessions.endOthers(principal)
    },

    sessions: sessions.list,
    revoke: sessions.revoke,
    current: sessions.current,
    endAll: sessions.endAll,
    endOthers: sessions.endOthers,
    tokens,
    hasUsers: async () =>
      (await db.selectFrom('user').select('id').limit(1).executeTakeFirst()) !== undefined,
    async admit(headers, end, { withoutSecondFactor = false, certificate } = {}) {
      const admitted = await revocation.admit(() => identity.principal(headers, certificate), end)
      if (!admitted?.principal.secondFactorNeeded || withoutSecondFactor) return admitted
      admitted.release()
      throw new AppError('second_factor_needed')
    },
    onEnded: revocation.onEnded,
    rightsChanged: (whose) => revocation.end({ ...whose, changed: true }),
    async createUser({ name, email, password, role }) {
      const { internalAdapter, password: passwords } = await auth.$context
      const hash = password === null ? null : await passwords.hash(password)
      let user: { id: string }
      try {
        user = await internalAdapter.createUser(
          { name, email, role, emailVerified: false },
          { method: 'email-password' },
        )
      } catch (cause) {
        const taken = await db
          .selectFrom('user')
          .select('id')
          .where('email', '=', email.toLowerCase())
          .executeTakeFirst()
        throw new AppError(taken ? 'email_taken' : 'internal', { params: { email }, cause })
      }
      if (hash !== null) await internalAdapter.linkAccount({ ...accountOf(user.id), password: hash })
      return user.id
    },
    async setPassword(userId, password) {
      const { internalAdapter, password: passwords } = await auth.$context
      const hash = await passwords.hash(password)
      const accounts = await internalAdapter.findAccounts(userId)
      if (accounts.length > 0) await internalAdapter.updatePassword(userId, hash)
      // A crash between the two steps of `createUser`.
      else await internalAdapter.linkAccount({ ...accountOf(userId), password: hash })
    },
    secondFactorRule: rule,
    limits,
    factors,
  }
  return identity
}

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

const accountOf = (userId: string) => ({ userId, accountId: userId, providerId: 'credential' })

/** An unknown role gives nothing. */
export function roleOf(value: string | null | undefined): Role | null {
  return roles.find((role) => role === value) ?? null
}

/** Only what sign-in records. A forged address header must not reach the session list. */
function stripped(client: Client): Headers {
  const agent = client.headers.get('user-agent')
  return new Headers(agent ? { 'user-agent': agent.slice(0, 300) } : {})
}
