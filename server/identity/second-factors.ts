import { createHash, randomBytes } from 'node:crypto'
import type { NewTotp, SecondStepMethod } from '#lib/contracts/sign-in.ts'
import type { User } from '#lib/contracts/users.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { placeOf } from '../secrets/envelope.ts'
import type { Vault } from '../secrets/vault.ts'
import { base32, matchingStep, minutesOff, newTotpSecret, totpUri } from './totp.ts'

export interface SecondFactors {
  /** What may follow this person's password; empty: nothing has to. */
  methods(userId: string): Promise<SecondStepMethod[]>
  state(userId: string): Promise<{ totpSince: string | null; recoveryCodes: number }>
  /** A secret that counts from its confirmation on. Throws totp_on. */
  beginTotp(userId: string, account: string): Promise<NewTotp>
  /** Recovery codes, if these are the first. Throws totp_not_begun, code_wrong, code_clock. */
  confirmTotp(userId: string, code: string): Promise<string[] | null>
  /** Throws totp_off. */
  removeTotp(userId: string): Promise<void>
  /** The earlier ones end. Throws second_factor_none. */
  renewRecoveryCodes(userId: string): Promise<string[]>
  /** Uses a code up, of the authenticator or for recovery. Throws code_wrong; code_clock, of another time than now. */
  use(userId: string, code: string): Promise<'totp' | 'recovery'>
  /** After a first passkey: recovery codes, if there are none yet. */
  firstCodes(userId: string): Promise<string[] | null>
  /** After one went: recovery codes are for who has something to recover from. */
  tidy(userId: string): Promise<void>
  /** Of everybody who has one, by person. */
  everybodys(): Promise<Map<string, User['secondFactors']>>
  /** All of a person's. */
  remove(userId: string): Promise<void>
}

const codeCount = 10
const secretPlace = (userId: string) => placeOf('totp', userId, 'secret')
/** 80 random bits each: a plain hash keeps them. */
const hashOf = (userId: string, code: string) =>
  createHash('sha256').update(`${userId} ${code}`).digest('hex')

/** Authenticators and recovery codes; passkeys count among them. Who may call for whom was decided before. */
export function createSecondFactors(db: Database, vault: Vault, now: () => number = Date.now): SecondFactors {
  const totpOf = (userId: string) =>
    db.selectFrom('totp').selectAll().where('user_id', '=', userId).executeTakeFirst()
  const passkeyOf = (userId: string) =>
    db.selectFrom('passkeys').select('id').where('user_id', '=', userId).limit(1).executeTakeFirst()
  const codesLeft = async (userId: string) =>
    (await db.selectFrom('recovery_codes').select('hash').where('user_id', '=', userId).execute()).length
  const secretOf = (row: { user_id: string; secret: string }) =>
    vault.open(row.secret, secretPlace(row.user_id))
  const endRecoveryCodes = (userId: string) =>
    db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()

  const makeCodes = async (userId: string) => {
    const codes = Array.from({ length: codeCount }, () => base32(randomBytes(10)).toLowerCase())
    await endRecoveryCodes(userId)
    await db
      .insertInto('recovery_codes')
      .values(codes.map((code) => ({ hash: hashOf(userId, code), user_id: userId })))
      .execute()
    return codes.map((code) => code.match(/.{4}/g)?.join('-') ?? code)
  }
  const methods = async (userId: string): Promise<SecondStepMethod[]> => {
    const found: SecondStepMethod[] = []
    if ((await totpOf(userId))?.confirmed_at) found.push('totp')
    if (await passkeyOf(userId)) found.push('passkey')
    if (found.length > 0 && (await codesLeft(userId)) > 0) found.push('recovery')
    return found
  }
  const firstCodes = async (userId: string) => ((await codesLeft(userId)) > 0 ? null : makeCodes(userId))
  const tidy = async (userId: string) => {
    if ((await methods(userId)).length === 0) await endRecoveryCodes(userId)
  }
  /** In one statement, so that a code is used once also by two at the same moment (RFC 6238, 5.2). */
  const useStep = async (userId: string, step: number) => {
    const { numUpdatedRows } = await db
      .updateTable('totp')
      .set({ last_step: step })
      .where('user_id', '=', userId)
      .where('last_step', '<', step)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }

  /** A phone whose clock is off makes codes that look as good as others: its owner is told. */
  const wrong = (row: { user_id: string; secret: string; last_step: number }, code: string): AppError => {
    const off = minutesOff(secretOf(row), digitsOf(code), now(), Number(row.last_step))
    if (off === null) return new AppError('code_wrong')
    const params = { minutes: Math.ceil(Math.abs(off)), direction: off < 0 ? 'behind' : 'ahead' }
    return new AppError('code_clock', { params })
  }

  return {
    methods,
    firstCodes,
    tidy,
    async state(userId) {
      const totpSince = (await totpOf(userId))?.confirmed_at ?? null
      return { totpSince, recoveryCodes: await codesLeft(userId) }
    },
    async beginTotp(userId, account) {
      if ((await totpOf(userId))?.confirmed_at) throw new AppError('totp_on')
      const secret = newTotpSecret()
      const fresh = { secret: vault.seal(secret, secretPlace(userId)), last_step: 0 }
      await db
        .insertInto('totp')
        .values({ user_id: userId, ...fresh, confirmed_at: null })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet(fresh).where('totp.confirmed_at', 'is', null),
        )
        .execute()
      return { secret, uri: totpUri(secret, account) }
    },
    async confirmTotp(userId, code) {
      const row = await totpOf(userId)
      if (!row) throw new AppError('totp_not_begun')
      if (row.confirmed_at) throw new AppError('totp_on')
      const step = matchingStep(secretOf(row), digitsOf(code), now())
      if (step === null || !(await useStep(userId, step))) throw wrong(row, code)
      await db
        .updateTable('totp')
        .set({ confirmed_at: new Date(now()).toISOString() })
        .where('user_id', '=', userId)
        .where('secret', '=', row.secret)
        .execute()
      return firstCodes(userId)
    },
    async removeTotp(userId) {
      const { numDeletedRows } = await db
        .deleteFrom('totp')
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw new AppError('totp_off')
      await tidy(userId)
    },
    async renewRecoveryCodes(userId) {
      if ((await methods(userId)).length === 0) throw new AppError('second_factor_none')
      return makeCodes(userId)
    },
    async use(userId, code) {
      const row = await totpOf(userId)
      if (row?.confirmed_at) {
        const step = matchingStep(secretOf(row), digitsOf(code), now())
        if (step !== null && (await useStep(userId, step))) return 'totp'
      }
      const { numDeletedRows } = await db
        .deleteFrom('recovery_codes')
        .where('hash', '=', hashOf(userId, code.toLowerCase().replaceAll(/[^a-z2-7]/g, '')))
        .executeTakeFirstOrThrow()
      if (numDeletedRows > 0n) return 'recovery'
      throw row?.confirmed_at ? wrong(row, code) : new AppError('code_wrong')
    },
    async everybodys() {
      const found = new Map<string, User['secondFactors']>()
      const of = (userId: string) => found.get(userId) ?? { totp: false, passkeys: 0 }
      for (const { user_id } of await db.selectFrom('passkeys').select('user_id').execute())
        found.set(user_id, { ...of(user_id), passkeys: of(user_id).passkeys + 1 })
      const confirmed = db.selectFrom('totp').select('user_id').where('confirmed_at', 'is not', null)
      for (const { user_id } of await confirmed.execute()) found.set(user_id, { ...of(user_id), totp: true })
      return found
    },
    async remove(userId) {
      await db.deleteFrom('passkeys').where('user_id', '=', userId).execute()
      await db.deleteFrom('totp').where('user_id', '=', userId).execute()
      await endRecoveryCodes(userId)
    },
  }
}

/** Authenticators show '123 456'. */
const digitsOf = (code: string) => code.replaceAll(' ', '')
