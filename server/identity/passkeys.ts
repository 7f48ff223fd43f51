import { createHash } from 'node:crypto'
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { sql } from 'kysely'
import type { Passkey } from '#lib/contracts/sign-in.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'
import type { Tickets } from './tickets.ts'

/** An origin of ours, as the guard let it pass: a passkey made for one is good at no other. */
export interface Site {
  origin: string
}

/** What the browser is asked, and the cookie that remembers what was asked. */
export interface Challenge<T> {
  options: T
  cookie: string
}

export interface Passkeys {
  list(userId: string): Promise<Passkey[]>
  askToAdd(principal: Principal, site: Site): Promise<Challenge<PublicKeyCredentialCreationOptionsJSON>>
  /** Throws passkey_refused, passkey_known. */
  add(
    principal: Principal,
    site: Site,
    given: { name: string; response: unknown },
    headers: Headers,
  ): Promise<Passkey>
  /** Throws passkey_not_found, also for another person's. */
  rename(userId: string, id: string, name: string): Promise<void>
  /** As `rename`; throws sign_in_last_way. */
  remove(userId: string, id: string): Promise<void>
  /** For anybody (null), or to be given by this person. `sessionId`: as a proof of that session. */
  askToUse(
    who: { userId: string; sessionId?: string } | null,
    site: Site,
  ): Promise<Challenge<PublicKeyCredentialRequestOptionsJSON>>
  /** Whose it is. Throws passkey_refused. */
  use(response: unknown, site: Site, headers: Headers, sessionId?: string): Promise<string>
}

/** Loaded with the first use: its certificate parsers take longer than the rest of the start. */
const library = () => import('@simplewebauthn/server')
const siteOf = ({ origin }: Site) => new URL(origin).hostname
/** For addresses: a credential's own id may be over a thousand characters long. */
const shortOf = (id: string) => createHash('sha256').update(id).digest('hex').slice(0, 32)
const refused = (cause?: unknown) => new AppError('passkey_refused', { cause })

/**
 * WebAuthn credentials that verify their user (PIN, finger, face): having one is the one factor, opening it the other.
 * Attestation is not asked for: which maker's key somebody uses decides nothing here.
 * @param issuer of the identity provider, by which its people come in, too
 */
export function createPasskeys(db: Database, tickets: Tickets, issuer: string | null): Passkeys {
  const rows = (userId: string) =>
    db.selectFrom('passkeys').selectAll().where('user_id', '=', userId).orderBy('created_at').execute()
  type Row = Awaited<ReturnType<typeof rows>>[number]
  const read = (row: Row): Passkey => ({
    id: shortOf(row.id),
    name: row.name,
    site: row.site,
    createdAt: row.created_at,
    usedAt: row.used_at,
  })
  const find = async (userId: string, id: string): Promise<Row> => {
    const row = (await rows(userId)).find((each) => shortOf(each.id) === id)
    if (!row) throw new AppError('passkey_not_found', { objectId: id })
    return row
  }
  const transportsOf = (row: Row) => JSON.parse(row.transports) as AuthenticatorTransport[]
  const known = async (userId: string, site: Site) =>
    (await rows(userId))
      .filter((row) => row.site === siteOf(site))
      .map((row) => ({ id: row.id, transports: transportsOf(row) }))

  return {
    list: async (userId) => (await rows(userId)).map(read),
    async askToAdd({ userId, sessionId, name, email }, site) {
      const options = await (await library()).generateRegistrationOptions({
        rpName: 'Roadstead',
        rpID: siteOf(site),
        userName: email,
        userDisplayName: name,
        userID: new Uint8Array(Buffer.from(userId)),
        // EdDSA, ES256, RS256: what is out there (the library's own first choice is still an experiment of Node's).
        supportedAlgorithmIDs: [-8, -7, -257],
        excludeCredentials: await known(userId, site),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
      return { options, cookie: tickets.give('passkey', { challenge: options.challenge, sessionId }) }
    },
    async add({ userId, sessionId }, site, { name, response }, headers) {
      const asked = await tickets.spend('passkey', headers)
      if (!asked || asked.sessionId !== sessionId) throw refused()
      const { verifyRegistrationResponse } = await library()
      const result = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: asked.challenge,
        expectedOrigin: site.origin,
        expectedRPID: siteOf(site),
        requireUserVerification: true,
      }).catch((cause: unknown) => {
        throw refused(cause)
      })
      if (!result.verified) throw refused()
      const { id, publicKey, counter, transports = [] } = result.registrationInfo.credential
      const row = {
        id,
        user_id: userId,
        name,
        site: siteOf(site),
        counter,
        used_at: null,
        public_key: Buffer.from(publicKey).toString('base64url'),
        transports: JSON.stringify(transports),
        created_at: new Date().toISOString(),
      }
      try {
        await db.insertInto('passkeys').values(row).execute()
      } catch (cause) {
        throw new AppError('passkey_known', { cause })
      }
      return read(row)
    },
    async rename(userId, id, name) {
      const row = await find(userId, id)
      await db.updateTable('passkeys').set({ name }).where('id', '=', row.id).execute()
    },
    async remove(userId, id) {
      const row = await find(userId, id)
      // In the statement that removes: the other way may be going at the same moment.
      const anotherWay = sql<boolean>`(
        exists (select 1 from "account" where "userId" = ${userId} and "password" is not null)
        or exists (select 1 from "oidc_people" where "user_id" = ${userId} and "issuer" = ${issuer ?? ''})
        or exists (select 1 from "passkeys" as "other" where "other"."user_id" = ${userId} and "other"."id" <> ${row.id}))`
      const { numDeletedRows } = await db
        .deleteFrom('passkeys')
        .where('id', '=', row.id)
        .where(anotherWay)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw new AppError('sign_in_last_way')
    },
    async askToUse(who, site) {
      const options = await (await library()).generateAuthenticationOptions({
        rpID: siteOf(site),
        userVerification: 'required',
        // Of nobody in particular the browser offers what it has: no name is asked for, and none is told.
        ...(who ? { allowCredentials: await known(who.userId, site) } : {}),
      })
      const { challenge } = options
      const bound = who?.sessionId === undefined ? {} : { sessionId: who.sessionId }
      return { options, cookie: tickets.give('passkey', { challenge, ...bound }) }
    },
    async use(given, site, headers, sessionId) {
      const asked = await tickets.spend('passkey', headers)
      if (!asked || asked.sessionId !== sessionId) throw refused()
      const response = given as AuthenticationResponseJSON
      const row = await db.selectFrom('passkeys').selectAll().where('id', '=', response.id).executeTakeFirst()
      if (!row || row.site !== siteOf(site)) throw refused()
      const { verifyAuthenticationResponse } = await library()
      const result = await verifyAuthenticationResponse({
        response,
        expectedChallenge: asked.challenge,
        expectedOrigin: site.origin,
        expectedRPID: row.site,
        requireUserVerification: true,
        credential: {
          id: row.id,
          counter: Number(row.counter),
          transports: transportsOf(row),
          publicKey: new Uint8Array(Buffer.from(row.public_key, 'base64url')),
        },
      }).catch((cause: unknown) => {
        throw refused(cause)
      })
      if (!result.verified) throw refused()
      await db
        .updateTable('passkeys')
        .set({ counter: result.authenticationInfo.newCounter, used_at: new Date().toISOString() })
        .where('id', '=', row.id)
        .execute()
      return row.user_id
    },
  }
}
