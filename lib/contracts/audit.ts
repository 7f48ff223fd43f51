import { z } from 'zod'
import { apiErrorSchema, instantSchema } from './common.ts'

/** An intent is kept before the work begins and its outcome after it; an event is both at once: a sign-in, a denial. */
export const auditKinds = ['intent', 'outcome', 'event'] as const
export const auditDecisions = ['allowed', 'denied'] as const
/** 'unknown': the server ended, or the engine was lost, before it was known. */
export const auditOutcomes = ['succeeded', 'failed', 'unknown'] as const

/** One link of the chain. Nothing in it is ever changed. */
export const auditEntrySchema = z.object({
  /** From 1, without gaps. */
  sequence: z.int().min(1),
  kind: z.enum(auditKinds),
  /** Of an outcome: the sequence of its intent. */
  intent: z.int().nullable(),
  at: instantSchema,
  actorId: z.string().nullable(),
  actorName: z.string().nullable(),
  actorEmail: z.string().nullable(),
  /** How the actor was signed in, and the id of that session or token. */
  signIn: z.enum(['session', 'token']).nullable(),
  signInId: z.string().nullable(),
  /** The client's, as the guard determined it. */
  address: z.string().nullable(),
  hostId: z.string().nullable(),
  objectId: z.string().nullable(),
  /** A permission's name, or a named event. */
  action: z.string(),
  decision: z.enum(auditDecisions),
  /** Null of an intent. */
  outcome: z.enum(auditOutcomes).nullable(),
  errorCode: z.string().nullable(),
  requestId: z.string().nullable(),
  taskId: z.string().nullable(),
  /** What it is about in a few words. Never values of environments, passwords or bodies. */
  summary: z.string(),
  previousHash: z.string(),
  /** sha256 over the canonical JSON of all above. */
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

/** An intent or event; an intent with its outcome, once there is one. */
export const auditRecordSchema = auditEntrySchema.extend({ result: auditEntrySchema.nullable() })
export type AuditRecord = z.infer<typeof auditRecordSchema>

export const auditFilterSchema = z.object({
  /** Each word found in summary, actor, address, action, error code, one of the ids, or the name of the host. */
  text: z.string().max(200).optional(),
  /** Part of the name or e-mail, or the whole id. */
  actor: z.string().max(200).optional(),
  host: z.string().max(40).optional(),
  /** Part of its name: `restart`, `containers.` */
  action: z.string().max(80).optional(),
  /** Only what changed something, or was to: nothing that only looked, no coming and going, no denials. */
  changes: z.stringbool().optional(),
  decision: z.enum(auditDecisions).optional(),
  outcome: z.enum(auditOutcomes).optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
})
export type AuditFilter = z.infer<typeof auditFilterSchema>

export const auditQuerySchema = auditFilterSchema.extend({
  /** The cursor: only what is older than this sequence. */
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
})
export const auditPageSchema = z.object({
  items: z.array(auditRecordSchema),
  /** For the next page's `before`; null at the end. */
  next: z.int().nullable(),
})
export type AuditPage = z.infer<typeof auditPageSchema>

export const auditFaults = ['gap', 'link', 'content'] as const
export const auditVerificationSchema = z.object({
  entries: z.int(),
  /** Of the newest entry: noted elsewhere, it tells of a tail that was cut off. */
  head: z.object({ sequence: z.int(), hash: z.string() }).nullable(),
  /** The first sequence at which the chain does not hold; null when it holds. */
  broken: z
    .object({
      sequence: z.int(),
      /** An entry is missing or out of its place; it does not follow from the one before; its content was changed. */
      fault: z.enum(auditFaults),
    })
    .nullable(),
})
export type AuditVerification = z.infer<typeof auditVerificationSchema>

/** A place off this machine that the log is sent to. */
export const auditReceiverStateSchema = z.object({
  kind: z.enum(['syslog', 'webhook']),
  /** Its address, without what may be secret in it. */
  name: z.string(),
  /** The last sequence that it acknowledged, and when. */
  shipped: z.int(),
  shippedAt: instantSchema.nullable(),
  /** Entries that it has not acknowledged yet. */
  waiting: z.int(),
  /** When the log was found to be another than the one that was shipped; it is then shipped anew. */
  rewrittenAt: instantSchema.nullable(),
  error: apiErrorSchema.shape.error.nullable(),
})
export type AuditReceiverState = z.infer<typeof auditReceiverStateSchema>

export const auditStateSchema = z.object({
  /** The newest entry. */
  head: z.object({ sequence: z.int(), hash: z.string() }).nullable(),
  receivers: z.array(auditReceiverStateSchema),
})
export type AuditState = z.infer<typeof auditStateSchema>
