import type { AuditEntry } from '#lib/contracts/audit.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '../errors.ts'
import { network } from '../identity/login-limits.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import { type Draft, type Journal, nobody } from './journal.ts'

/** Where a request or an upgrade came from. */
export interface Source {
  /** As the guard determined it. */
  address: string
  requestId: string
}

/** What is done, in the log's words. */
export interface Act {
  action: string
  hostId?: string | undefined
  objectId?: string | undefined
  taskId?: string | undefined
  /** Never values of environments, passwords or bodies. */
  summary: string
}

export interface Outcome {
  /** Absent: it succeeded. */
  error?: unknown
  /** For what neither succeeded nor threw. */
  code?: string
  outcome?: NonNullable<AuditEntry['outcome']>
  /** Known only now: what was made, and the task that goes on with it. */
  objectId?: string | undefined
  taskId?: string | undefined
  summary?: string
}

/** Between its intent and its outcome. */
export interface Operation {
  /** Resolves when the outcome is on the disk or has to wait for it. Never rejects; counts once. */
  end(outcome: Outcome): Promise<void>
}

export interface Audit {
  /**
   * Resolves when the intent is on the disk. Throws audit_unavailable: then nothing may be done.
   * @param principal null for what the server does of itself, such as putting back what its last end has cut
   */
  begin(principal: Principal | null, act: Act): Promise<Operation>
  /** Something of a person without an account yet: a sign-in that succeeded. Throws audit_unavailable. */
  event(principal: Principal | null, source: Source, act: Act): Promise<void>
  /** What somebody unknown was refused. Of many from one network only some are kept, with how many were not. */
  refused(source: Source, act: Act, error: unknown): Promise<void>
  /** A denial; once, through whichever hands its error goes. */
  denied(
    principal: Principal,
    act: Pick<Act, 'hostId' | 'objectId' | 'summary'>,
    error: AppError,
  ): Promise<void>
  /** The authorisation as given, with each of its denials recorded. */
  recording(authorize: Authorize): Authorize
}

/** Errors after which the engine may have done it all the same: it was asked, and its answer is missing. */
const unknowing = new Set<ErrorCode>(['host_unresponsive', 'connection_reset', 'engine_answer_invalid'])
export const isUnknowing = (code: ErrorCode) => unknowing.has(code)
/** Characters of what is known only in the end: names of all that went. Syslog's receivers take eight thousand. */
const mostAfterwards = 4000
/** Refusals of the unknown kept in five minutes: of one network, and of all. */
const flood = { windowMs: 5 * 60_000, network: 30, all: 300 }

/** The audit log for those who do things. */
export function createAudit(journal: Journal, now: () => number = Date.now): Audit {
  const told = new WeakSet<object>()
  const refusals = { since: 0, byNetwork: new Map<string, number>(), all: 0, dropped: 0 }
  const isKept = (address: string) => {
    if (now() - refusals.since > flood.windowMs) {
      Object.assign(refusals, { since: now(), all: 0 })
      refusals.byNetwork.clear()
    }
    const from = network(address)
    const count = (refusals.byNetwork.get(from) ?? 0) + 1
    if (count > flood.network || refusals.all >= flood.all) {
      refusals.dropped++
      return false
    }
    refusals.byNetwork.set(from, count)
    refusals.all++
    return true
  }
  return {
    async begin(principal, act) {
      const draft = { ...draftOf(principal, principal?.from, act), decision: 'allowed' as const }
      const intent = await journal.append({ ...draft, kind: 'intent', outcome: null })
      let over = false
      return {
        async end({ error, code, outcome, objectId, taskId, summary }) {
          if (over) return
          over = true
          const told = error === undefined ? (code ?? null) : codeOf(error)
          await journal.owe({
            ...draft,
            kind: 'outcome',
            intent,
            errorCode: told,
            outcome:
              outcome ??
              (told === null ? 'succeeded' : isUnknowing(told as ErrorCode) ? 'unknown' : 'failed'),
            objectId: draft.objectId ?? plain(objectId, 200),
            taskId: draft.taskId ?? plain(taskId, 64),
            ...(summary === undefined ? {} : { summary: plain(summary, mostAfterwards) ?? '' }),
          })
        },
      }
    },
    async event(principal, source, act) {
      const draft = draftOf(principal, source, act)
      await journal.append({ ...draft, kind: 'event', decision: 'allowed', outcome: 'succeeded' })
    },
    async refused(source, act, error) {
      if (!isKept(source.address)) return
      const { dropped } = refusals
      refusals.dropped = 0
      const summary = dropped === 0 ? act.summary : `${act.summary} (and ${dropped} more that are not kept)`
      await journal.owe({
        ...draftOf(null, source, { ...act, summary }),
        kind: 'event',
        decision: 'denied',
        outcome: 'failed',
        errorCode: codeOf(error),
      })
    },
    async denied(principal, act, error) {
      if (chain(error).some((each) => told.has(each))) return
      told.add(error)
      const action = String(error.context.params?.permission ?? error.code)
      await journal.owe({
        ...draftOf(principal, principal.from, { ...act, action }),
        kind: 'event',
        decision: 'denied',
        outcome: 'failed',
        errorCode: error.code,
      })
    },
    recording(authorize) {
      return (principal, permission, target) => {
        try {
          authorize(principal, permission, target)
        } catch (error) {
          // What somebody may not see is told as what does not exist; its cause says that it was a denial.
          const denial = error instanceof Error && chain(error).find(isDenial)
          if (denial) void this.denied(principal, { ...target, summary: '' }, denial)
          throw error
        }
      }
    },
  }
}

function draftOf(
  principal: Principal | null,
  source: Source | undefined,
  act: Act,
): Omit<Draft, 'kind' | 'decision' | 'outcome'> {
  return {
    ...nobody,
    ...(principal && {
      actorId: principal.userId,
      actorName: plain(principal.name, 80),
      actorEmail: principal.email,
      signIn: principal.token ? 'token' : 'session',
      signInId: principal.sessionId,
    }),
    address: source?.address ?? null,
    requestId: source?.requestId ?? null,
    action: plain(act.action, 80) ?? '',
    hostId: plain(act.hostId, 40),
    objectId: plain(act.objectId, 200),
    taskId: plain(act.taskId, 64),
    summary: plain(act.summary, 500) ?? '',
  }
}

/** One line of well-formed text: names come from engines and from requests. */
function plain(text: string | undefined, most: number): string | null {
  return text === undefined
    ? null
    : text
        .slice(0, most)
        .toWellFormed()
        .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
}

const isDenial = (error: Error): error is AppError => error instanceof AppError && error.code === 'denied'

function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'internal'
}

/** The error and what it was made of. */
function chain(error: Error): Error[] {
  return error.cause instanceof Error ? [error, ...chain(error.cause)] : [error]
}
