import { z } from 'zod'
import { sessionSchema } from './account.ts'
import { instantSchema } from './common.ts'

/** Minutes for which a proof of who somebody is opens what is sensitive. */
export const freshMinutes = 10

/** What may follow a password. */
export const secondStepMethods = ['totp', 'recovery', 'passkey'] as const
export type SecondStepMethod = (typeof secondStepMethods)[number]

/** The password was right, and nobody is signed in yet. */
export const secondStepSchema = z.object({ secondStep: z.array(z.enum(secondStepMethods)).min(1) })
export type SecondStep = z.infer<typeof secondStepSchema>
export const signInAnswerSchema = z.union([sessionSchema, secondStepSchema])
export type SignInAnswer = z.infer<typeof signInAnswerSchema>

/** Six digits of an authenticator, or a recovery code. */
export const codeInputSchema = z.object({ code: z.string().trim().min(6).max(40) })

/** `GET /api/sign-in`, readable by anybody: what the page has to offer. */
export const signInOfferSchema = z.object({
  /** Of a sign-in that this browser has begun. */
  secondStep: z.array(z.enum(secondStepMethods)).nullable(),
})
export type SignInOffer = z.infer<typeof signInOfferSchema>

/** How the signed-in person proves who they are. */
export const factorsSchema = z.object({
  totpSince: instantSchema.nullable(),
  /** Not used yet. */
  recoveryCodes: z.int(),
  /** They have to have a second factor, and have none. */
  needed: z.boolean(),
  /** Until when nothing asks again. */
  freshUntil: instantSchema.nullable(),
  proofs: z.array(z.enum(['password', 'code'])),
})
export type Factors = z.infer<typeof factorsSchema>

/** An authenticator that is not confirmed yet. This answer alone holds the secret. */
export const newTotpSchema = z.object({ secret: z.string(), uri: z.string() })
export type NewTotp = z.infer<typeof newTotpSchema>
/** The only answer with the codes in it. Null: the earlier ones stay. */
export const recoveryCodesSchema = z.object({ recoveryCodes: z.array(z.string()).nullable() })
export type RecoveryCodes = z.infer<typeof recoveryCodesSchema>

/** Whoever is signed in proves it anew. */
export const proofSchema = z.union([
  z.strictObject({ password: z.string().min(1).max(256) }),
  codeInputSchema.strict(),
])
