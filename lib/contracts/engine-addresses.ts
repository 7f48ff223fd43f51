import { z } from 'zod'
import { apiTokenSchema } from './account.ts'

/** Where clients that take no path find a host's engine. */
export const engineAddressSchema = z.object({
  /** A name of the host's own, or an IP address for all hosts. */
  hostname: z.string(),
  port: z.int(),
  /** Whether the address alone says which host it is. */
  isNamed: z.boolean(),
  isTls: z.boolean(),
  /** PEM of the authority to trust, which makes client certificates, too; null where a proxy ends TLS. */
  authority: z.string().nullable(),
})
export type EngineAddress = z.infer<typeof engineAddressSchema>
/** Null: switched off. */
export const engineAddressAnswerSchema = z.object({ address: engineAddressSchema.nullable() })
export type EngineAddressAnswer = z.infer<typeof engineAddressAnswerSchema>

/** PEM each. The only answer with the private key in it. */
export const madeCertificateSchema = apiTokenSchema.extend({
  authority: z.string(),
  certificate: z.string(),
  key: z.string(),
})
export type MadeCertificate = z.infer<typeof madeCertificateSchema>
