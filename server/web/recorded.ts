import type { FastifyReply, FastifyRequest } from 'fastify'
import { kinds, type ObjectKind, objectKinds } from '#lib/fleet/kinds.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Act, Audit, Outcome, Source } from '../audit/service.ts'
import { AppError } from '../errors.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { Principal } from '../principal/principal.ts'
import type { AnyRoute } from './define-route.ts'
import { toAppError } from './error-response.ts'

/** What only reads, and is recorded all the same: data leaves a container or a host. */
const revealing = new Set<string>([
  'containers.reveal',
  'containers.files.read',
  'containers.export',
  'images.save',
] satisfies Permission[])
/**
 * Fields of a body or query by which many routes name what a request is about; a route's own are in its `tells`. All others may
 * hold secrets, and are not looked at.
 */
const naming = [
  'userId',
  'email',
  'name',
  'address',
  'reference',
  'references',
  'image',
  'tag',
  'action',
  'path',
  'signal',
  'force',
  'role',
  'permissions',
  'effect',
  'hosts',
  'containers',
]

/** Names an object of the fleet as people do; null where it is not known. */
export type NameOf = (hostId: string | undefined, objectId: string | undefined) => string | null

/** Objects by their names, else the host's. */
export function namesOf(fleet: FleetState): NameOf {
  return (hostId, objectId) => {
    if (hostId === undefined) return null
    if (objectId !== undefined) {
      const nameIn = <K extends ObjectKind>(kind: K) => {
        const object = fleet.get(kind, hostId, objectId)
        return object && kinds[kind].nameOf(object)
      }
      for (const kind of objectKinds) {
        const name = nameIn(kind)
        if (name) return name
      }
      return null
    }
    return fleet.hosts().find(({ id }) => id === hostId)?.name ?? null
  }
}

interface Parts {
  audit: Audit
  nameOf: NameOf
}

/**
 * What the audit log calls what a route does; null for what only reads.
 * @throws Error at boot, when a changing route has no name for it
 */
export function eventOf(route: AnyRoute): string | null {
  const reads = route.method === 'GET' || route.method === 'HEAD'
  if (route.event !== undefined) return route.event
  if (reads) return revealing.has(route.access) ? route.access : null
  if (route.asksOnly) return null
  if (route.access === 'anonymous' || route.access === 'session' || route.access.endsWith('.view'))
    throw new Error(`${route.method} ${route.path} has no event for the audit log`)
  return route.access
}

/** Where a request came from; attached before anything is decided. */
export function sourceOf(request: FastifyRequest): Source {
  return request.source
}

/**
 * Does the work of a route between its intent and its outcome, both on the disk: the intent before the work begins, the
 * outcome before the answer goes out. Of people not signed in only what came of it is kept, or anybody could fill the disk.
 * @throws audit_unavailable before the work begins
 */
export async function recorded<T>(
  { audit, nameOf }: Parts,
  route: AnyRoute,
  event: string,
  asked: { request: FastifyRequest; reply: FastifyReply; principal: Principal | null },
  work: () => Promise<T>,
): Promise<T> {
  const { request, reply, principal } = asked
  const act = actOf(route, event, request, nameOf)
  if (!principal) {
    let result: T
    try {
      result = await work()
    } catch (error) {
      await audit.refused(sourceOf(request), act, toAppError(error))
      throw error
    }
    // Whoever came in by it is known now.
    await audit.event(request.principal, sourceOf(request), { ...act, ...noted(request, act) })
    return result
  }
  const operation = await audit.begin(principal, act)
  try {
    const result = await work()
    await operation.end({ ...outcomeOf(route, act, reply, result), ...noted(request, act) })
    return result
  } catch (error) {
    const outcome = reply.raw.destroyed ? { code: 'client_left' } : { error: toAppError(error) }
    await operation.end({ ...outcome, ...noted(request, act) })
    throw error
  }
}

/** What a route knows only when it has done it, for the audit log. */
export function noteOutcome(request: FastifyRequest, note: string): void {
  request.note = note
}

function noted(request: FastifyRequest, { summary }: Act): Pick<Act, 'summary'> | Record<never, never> {
  const { note } = request
  return note === null ? {} : { summary: `${summary}, ${note}` }
}

function outcomeOf(route: AnyRoute, act: Act, reply: FastifyReply, result: unknown): Outcome {
  // A stream that its reader left did not give it all. What else was asked for is done, whoever hears of it.
  const isLeft = reply.raw.destroyed && !reply.raw.writableFinished
  if (isLeft && !route.response && route.method === 'GET') return { code: 'client_left' }
  if (!route.response || typeof result !== 'object' || result === null) return {}
  const { id, steps, name } = result as Record<string, unknown>
  if (typeof id !== 'string') return {}
  // A task goes on by itself, with entries of its own.
  if (Array.isArray(steps)) return { taskId: id }
  // What was made may have got its name only now.
  const isNew = typeof name === 'string' && !act.summary.includes(name)
  return { objectId: id, ...(isNew ? { summary: name } : {}) }
}

function actOf(route: AnyRoute, event: string, request: FastifyRequest, nameOf: NameOf): Act {
  // A found engine's key is not the id of anything.
  const { hostId, key: _, ...others } = (request.params ?? {}) as Record<string, string | undefined>
  const objectId = Object.values(others).at(-1)
  const taskId = others.taskId
  const name = nameOf(hostId, taskId === undefined ? objectId : undefined)
  const given = { ...record(request.query), ...record(request.body) }
  const facts = [...naming, ...(route.tells ?? [])].flatMap((field) => {
    const value = given[field]
    // A password typed into the wrong field is no address.
    if (field === 'email' && !String(value).includes('@')) return []
    const text = Array.isArray(value)
      ? value.filter((each) => typeof each === 'string').join(', ')
      : isSelector(value)
        ? Object.values(value).join(' ')
        : value
    return (typeof text === 'string' && text !== '') || typeof text === 'boolean'
      ? [`${field} ${String(text).slice(0, 160)}`]
      : []
  })
  const summary = [name, ...facts].filter(Boolean).join(', ')
  return { action: event, hostId, objectId, taskId, summary: summary || route.summary }
}

/** Which hosts or containers a grant is for. */
const isSelector = (value: unknown): value is { kind: string } =>
  ['all', 'tag', 'host', 'label', 'name'].includes(String(record(value).kind))

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** A request that was refused before or beside its route's own record. */
export async function recordRefusal(audit: Audit, request: FastifyRequest, error: AppError): Promise<void> {
  const { principal } = request
  const summary = `${request.method} ${request.url.split('?', 1)[0]}`
  if (principal) {
    const { hostId } = (request.params ?? {}) as { hostId?: string }
    if (error.code === 'denied') await audit.denied(principal, { hostId, summary }, error)
  } else if (['signed_out', 'wrong_host', 'wrong_origin'].includes(error.code))
    await audit.refused(sourceOf(request), { action: 'request.refused', summary }, error)
}
