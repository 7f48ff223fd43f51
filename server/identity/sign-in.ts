import { freshMinutes, type SecondStepMethod } from '#lib/contracts/sign-in.ts'
import { AppError } from '../errors.ts'
import type { Principal, SignInMethod } from '../principal/principal.ts'
import { ageMs } from './clock.ts'
import type { Client, Identity, Known, SignedIn } from './identity.ts'
import type { Passkeys, Site } from './passkeys.ts'
import type { Tickets } from './tickets.ts'

/** The password was right: nobody is signed in before the next step is done, too. */
export interface HalfSignedIn {
  secondStep: SecondStepMethod[]
  cookies: string[]
}

export interface SignIn {
  /** Throws bad_credentials, login_limited, account_disabled. */
  password(input: { email: string; password: string }, client: Client): Promise<SignedIn | HalfSignedIn>
  /** For who has just chosen a password by a link: the limits are the link's, and any second step still follows. */
  afterLink(known: Known, client: Client): Promise<SignedIn | HalfSignedIn>
  /** Throws sign_in_step_over, code_wrong, login_limited. */
  code(code: string, client: Client): Promise<SignedIn>
  /** What this browser's sign-in waits for; null where none was begun. */
  awaited(headers: Headers): Promise<SecondStepMethod[] | null>
  /** What a passkey is asked for: of who this browser's sign-in is about, or of anybody. */
  askPasskey(site: Site, headers: Headers): ReturnType<Passkeys['askToUse']>
  /** Both factors in one. Throws passkey_refused, login_limited. */
  passkey(answer: { id: string }, site: Site, client: Client): Promise<SignedIn>
  /**
   * Proves anew who is signed in; by the password alone only who has no second factor. Throws password_wrong, code_wrong,
   * code_clock, passkey_refused, proof_needs_factor, login_limited.
   */
  prove(
    principal: Principal,
    proof: { password: string } | { code: string } | { passkey: { id: string } },
    site: Site,
    client: Client,
  ): Promise<void>
}

/** Whether a session has proved who it is within the last minutes. A token was made in such a session, and for its scope. */
export function isFresh(principal: Principal, now = Date.now()): boolean {
  if (principal.token) return true
  return principal.provedAt !== undefined && ageMs(principal.provedAt, now) < freshMinutes * 60_000
}

/** The steps of a sign-in, and the proof that somebody signed in gives again. */
export function createSignIn(parts: {
  identity: Identity
  tickets: Tickets
  passkeys: Passkeys
  localSignIn: readonly string[] | null
}): SignIn {
  const { identity, tickets, passkeys, localSignIn } = parts
  const { factors, limits } = identity
  /** Where an identity provider decides who comes in, nobody else's passwords and passkeys do. */
  const checkLocal = async (userId: string) => {
    if (localSignIn === null || localSignIn.includes(await identity.emailOf(userId))) return
    throw new AppError('local_sign_in_off')
  }
  const afterPassword = async (known: Known, client: Client): Promise<SignedIn | HalfSignedIn> => {
    await checkLocal(known.userId)
    const secondStep = await factors.methods(known.userId)
    if (secondStep.length === 0) return identity.open({ ...known, method: 'password' }, client)
    const { userId, stamp = '' } = known
    return { secondStep, cookies: [tickets.give('second', { userId, stamp })] }
  }
  return {
    async password({ email, password }, client) {
      const known = await limits.attempt(email, client.address, () => identity.checkPassword(email, password))
      return afterPassword(known, client)
    },
    afterLink: afterPassword,
    async code(code, client) {
      const begun = await tickets.read('second', client.headers)
      if (!begun) throw new AppError('sign_in_step_over')
      // Counted apart: a right password must not forgive wrong codes.
      const used = await limits.code(begun.userId, client.address, async () => {
        const found = await factors.use(begun.userId, code)
        if (!(await tickets.spend('second', client.headers))) throw new AppError('sign_in_step_over')
        return found
      })
      const method: SignInMethod = `password+${used}`
      const { principal, cookies } = await identity.open({ ...begun, method }, client)
      return { principal, cookies: [...cookies, tickets.clear('second')] }
    },
    async awaited(headers) {
      const begun = await tickets.read('second', headers)
      return begun && factors.methods(begun.userId)
    },
    async askPasskey(site, headers) {
      const begun = await tickets.read('second', headers)
      return passkeys.askToUse(begun && { userId: begun.userId }, site)
    },
    async passkey(answer, site, client) {
      const userId = await limits.attempt(`passkey ${answer.id.slice(0, 200)}`, client.address, () =>
        passkeys.use(answer, site, client.headers),
      )
      await checkLocal(userId)
      const { principal, cookies } = await identity.open({ userId, method: 'passkey' }, client)
      return { principal, cookies: [...cookies, tickets.clear('second'), tickets.clear('passkey')] }
    },
    async prove(principal, proof, site, client) {
      const { userId, sessionId, email } = principal
      // Who has stolen a password and a session must not take the second factor away with them.
      if ('password' in proof && (await factors.methods(userId)).length > 0)
        throw new AppError('proof_needs_factor')
      await limits.proof(principal, async () => {
        if ('password' in proof) {
          await identity.checkPassword(email, proof.password).catch((cause: unknown) => {
            throw new AppError('password_wrong', { cause })
          })
        } else if ('code' in proof) await factors.use(userId, proof.code)
        else if ((await passkeys.use(proof.passkey, site, client.headers, sessionId)) !== userId)
          throw new AppError('passkey_refused')
      })
      await identity.proved(principal)
    },
  }
}
