import type { Api } from '#server/api.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
/** `GET /api/hosts/:hostId`. */
export type RouteName = keyof Api
/** Of a route, or of each of several. */
type Of<N, Part extends keyof Api[RouteName]> = N extends RouteName ? Api[N][Part] : never

/** What a route answers: `Answer<'GET /api/hosts'>`. Undefined where it answers nothing. */
export type Answer<N> = Of<N, 'answer'>
/** One line of a route that answers in NDJSON. */
export type Line<N> = Of<N, 'line'>

/** Paths of the routes with a method. */
export type PathOf<M extends Method> = RouteName extends infer N
  ? N extends `${M} ${infer P}`
    ? P
    : never
  : never
/** Of these, those that answer in NDJSON. */
export type LinesPathOf<M extends Method> =
  PathOf<M> extends infer P
    ? P extends string
      ? Line<`${M} ${P}`> extends undefined
        ? never
        : P
      : never
    : never

/** Absent where a route takes nothing of the kind; may be left out where nothing in it is needed. */
type Part<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : Record<never, never> extends T
    ? { [_ in Name]?: T }
    : { [_ in Name]: T }
/** A query's value that is null is left out of the address. */
type OrNull<T> = { [K in keyof T]: T[K] | null }

export type Address<N> = Part<'params', Of<N, 'params'>> & Part<'query', OrNull<Of<N, 'query'>>>
/** What is given to a call of a route. */
export type Call<N> = Address<N> & Part<'body', Of<N, 'body'>> & { signal?: AbortSignal }
/** The last argument, which may be left out where nothing in it is needed. */
export type Rest<T> = Record<never, never> extends T ? [given?: T] : [given: T]
