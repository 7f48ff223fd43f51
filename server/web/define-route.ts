import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { type ActName, permissionOf } from '#lib/acts.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Principal } from '../principal/principal.ts'

/**
 * 'anonymous': anybody (set-up, sign-in, health). 'session': anybody signed in, about their own account.
 * Else the permission; the path parameters `hostId` and `containerId` become the target.
 */
export type RouteAccess = 'anonymous' | 'session' | Permission

type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
type Path = `/api/${string}`
type Shape = z.ZodType | undefined

type FieldOf<S extends Shape> = S extends z.ZodType ? keyof z.output<S> & string : never
type Parsed<S extends Shape> = S extends z.ZodType ? z.output<S> : undefined

export interface RouteContext<
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  A extends RouteAccess | undefined = undefined,
> {
  params: Parsed<P>
  query: Parsed<Q>
  body: Parsed<B>
  /** Null only on anonymous routes. */
  principal: A extends 'anonymous' ? null : Principal
  /** Aborted when the client goes away. */
  signal: AbortSignal
  request: FastifyRequest
  reply: FastifyReply
}

export interface RouteDefinition<
  M extends Method,
  At extends Path,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  R extends Shape,
  L extends Shape,
  A extends RouteAccess | undefined,
> {
  method: M
  /** Fastify's syntax, beginning with /api/. */
  path: At
  access?: A
  /** In place of `access`: what it does at an engine, by the table of acts, with all that this needs. */
  act?: ActName
  summary: string
  /**
   * What the audit log calls it. Absent: its permission, of what changes something or reveals. A changing route that is
   * open to many (its access is 'anonymous', 'session' or a view) has to say it. Null: a part of what another route's entry
   * stands for, such as one chunk of an upload.
   */
  event?: string | null
  /**
   * Fields of its body and query that its entry in the audit log tells, beside those that many routes have (`naming` in
   * recorded.ts): what it is about. All others may hold secrets, and are not told.
   */
  tells?: readonly (FieldOf<B> | FieldOf<Q>)[]
  /** Of a reading route with an event: only these queries are recorded. Absent: all. */
  recordedIf?(query: Parsed<Q>): boolean
  /** A question too long for a GET: it changes nothing and is not recorded. */
  asksOnly?: true
  /** Sensitive: a session has to have proved within the last minutes who it is. */
  fresh?: true
  /** As `fresh`, with these queries only. */
  freshIf?(query: Parsed<Q>): boolean
  /** Of 'session': what it tells is nobody's own, so that a token may ask, too. */
  alsoTokens?: true
  /** Also for who has to set up a second factor first. */
  withoutSecondFactor?: true
  /** An administrator who looks as somebody else may change this all the same: it ends that, or their session. */
  inPreview?: true
  params?: P
  query?: Q
  body?: B
  /** Absent: 204, `lines`, or a stream that the handler sends through `reply`. */
  response?: R
  /** In place of `response`: the handler gives values of this shape one by one, and they are sent as lines of NDJSON as they come. */
  lines?: L
  /** Media types of that stream. */
  sends?: readonly string[]
  /** Media type of a body that is not JSON and that the handler reads itself. */
  takes?: string
  handler(context: RouteContext<P, Q, B, A>): Promise<Result<R, L>>
}

type Result<R extends Shape, L extends Shape> = R extends z.ZodType
  ? z.input<R>
  : L extends z.ZodType
    ? AsyncIterable<z.input<L>>
    : unknown

// oxlint-disable-next-line typescript/no-explicit-any -- routes of every shape sit in one list
export type AnyRoute = RouteDefinition<Method, Path, any, any, any, any, any, any> & { access: RouteAccess }

/** A route with what its callers know of it: where it is, what it takes and what it answers. */
export interface Route<
  M extends Method = Method,
  At extends Path = Path,
  P extends Shape = Shape,
  Q extends Shape = Shape,
  B extends Shape = Shape,
  R extends Shape = Shape,
  L extends Shape = Shape,
> extends AnyRoute {
  method: M
  path: At
  params?: P
  query?: Q
  body?: B
  response?: R
  lines?: L
}

/** Types a route. Throws for one that says neither its access nor its act. */
export function defineRoute<
  const M extends Method,
  const At extends Path,
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends Shape = undefined,
  R extends Shape = undefined,
  L extends Shape = undefined,
  const A extends RouteAccess | undefined = undefined,
>(route: RouteDefinition<M, At, P, Q, B, R, L, A>): Route<M, At, P, Q, B, R, L> {
  const access = route.act ? permissionOf(route.act) : route.access
  if (!access) throw new Error(`${route.method} ${route.path} declares no permission`)
  return { ...route, access }
}
