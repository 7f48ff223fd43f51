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

/** What `navigator.credentials` gave, as JSON (WebAuthn, PublicKeyCredential.toJSON). The library checks the rest. */
export const passkeyAnswerSchema = z.object({
  id: z.string().max(1400),
  rawId: z.string().max(1400),
  type: z.literal('public-key'),
  response: z.record(z.string(), z.unknown()),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
  authenticatorAttachment: z.string().optional(),
})
export type PasskeyAnswer = z.input<typeof passkeyAnswerSchema>
export const passkeyUseSchema = z.object({ passkey: passkeyAnswerSchema })
export const passkeyNameSchema = z.object({ name: z.string().trim().min(1).max(80) })
export const newPasskeySchema = passkeyNameSchema.extend({ passkey: passkeyAnswerSchema })
/** For `navigator.credentials`. */
export const passkeyOptionsSchema = z.object({ options: z.record(z.string(), z.unknown()) })

export const passkeySchema = z.object({
  id: z.string(),
  name: z.string(),
  /** The host name of the address it was made at, where alone it works. */
  site: z.string(),
  createdAt: instantSchema,
  usedAt: instantSchema.nullable(),
})
export type Passkey = z.infer<typeof passkeySchema>

/** `GET /api/sign-in`, readable by anybody: what the page has to offer. */
export const signInOfferSchema = z.object({
  /** Of a sign-in that this browser has begun. */
  secondStep: z.array(z.enum(secondStepMethods)).nullable(),
  /** The identity provider's name; null: there is none. */
  provider: z.string().nullable(),
  /** Passwords and passkeys are for the few who may without it. */
  localForFew: z.boolean(),
})
export type SignInOffer = z.infer<typeof signInOfferSchema>

/** How the signed-in person proves who they are. */
export const factorsSchema = z.object({
  totpSince: instantSchema.nullable(),
  /** Not used yet. */
  recoveryCodes: z.int(),
  passkeys: z.array(passkeySchema),
  /** The identity provider, if there is one, and whether they can sign in by it. */
  provider: z.object({ name: z.string(), linked: z.boolean() }).nullable(),
  /** They have to have a second factor, and have none. */
  needed: z.boolean(),
  /** Until when nothing asks again. */
  freshUntil: instantSchema.nullable(),
  proofs: z.array(z.enum(['password', 'code', 'passkey', 'provider'])),
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
  passkeyUseSchema.strict(),
])

/** With what the provider sent the browser back: the query of its address, as it is. */
export const oidcReturnSchema = z.object({ query: z.string().min(1).max(8192) })
/** Where the browser goes. */
export const oidcWaySchema = z.object({ url: z.url() })
