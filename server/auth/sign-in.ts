import { freshMinutes, type SecondStepMethod } from '#lib/contracts/sign-in.ts'
import { AppError } from '../errors.ts'
import type { Client, Identity, Known, SignedIn } from './identity.ts'
import type { Passkeys, Site } from './passkeys.ts'
import type { Tickets } from './tickets.ts'
import type { Principal, SignInMethod } from './types.ts'

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
  /** Proves anew who is signed in. Throws password_wrong, code_wrong, passkey_refused, login_limited. */
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
  return principal.provedAt !== undefined && now - Date.parse(principal.provedAt) < freshMinutes * 60_000
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
  /** As strict as passwords, and counted apart: a right password must not forgive wrong codes. */
  const countCode = (userId: string, client: Client) => limits.attempt(`code ${userId}`, client.address)
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
      const succeeded = await limits.attempt(email, client.address)
      const known = await identity.checkPassword(email, password)
      await succeeded()
      return afterPassword(known, client)
    },
    afterLink: afterPassword,
    async code(code, client) {
      const begun = await tickets.read('second', client.headers)
      if (!begun) throw new AppError('sign_in_step_over')
      const succeeded = await countCode(begun.userId, client)
      const used = await factors.use(begun.userId, code)
      if (!(await tickets.spend('second', client.headers))) throw new AppError('sign_in_step_over')
      await succeeded()
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
      const succeeded = await limits.attempt(`passkey ${answer.id.slice(0, 200)}`, client.address)
      const userId = await passkeys.use(answer, site, client.headers)
      await succeeded()
      await checkLocal(userId)
      const { principal, cookies } = await identity.open({ userId, method: 'passkey' }, client)
      return { principal, cookies: [...cookies, tickets.clear('second'), tickets.clear('passkey')] }
    },
    async prove(principal, proof, site, client) {
      if ('password' in proof) {
        const succeeded = await limits.attempt(principal.email, client.address)
        try {
          await identity.checkPassword(principal.email, proof.password)
        } catch (cause) {
          throw new AppError('password_wrong', { cause })
        }
        await succeeded()
      } else if ('passkey' in proof) {
        const { userId, sessionId } = principal
        if ((await passkeys.use(proof.passkey, site, client.headers, sessionId)) !== userId)
          throw new AppError('passkey_refused')
      } else {
        const succeeded = await countCode(principal.userId, client)
        await factors.use(principal.userId, proof.code)
        await succeeded()
      }
      await identity.proved(principal)
    },
  }
}
