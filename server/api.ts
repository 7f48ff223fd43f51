import type { z } from 'zod'
import type { createFeatures } from './features.ts'
import type { openApi } from './http/open-api.ts'

/**
 * Every route of the API as its callers know it, by method and path: `Api['GET /api/hosts']['answer']`. Types alone, inferred
 * from the routes themselves.
 */
export type Api = { [R in AnyFeatureRoute | OpenApiRoute as `${R['method']} ${R['path']}`]: Called<R> }

type AnyFeature = Awaited<ReturnType<typeof createFeatures>>['features']
type AnyFeatureRoute = AnyFeature[keyof AnyFeature]['routes'][number]
type OpenApiRoute = ReturnType<typeof openApi>

/** What a caller gives a route, and gets of it. What it takes nothing of is undefined. */
interface Called<R> {
  params: R extends { params?: infer S } ? Given<S> : never
  query: R extends { query?: infer S } ? Written<S> : never
  body: R extends { body?: infer S } ? Given<S> : never
  answer: R extends { response?: infer S } ? Answered<S> : never
  /** Of an answer in NDJSON. */
  line: R extends { lines?: infer S } ? Answered<S> : never
}

type Given<S> = [S] extends [z.ZodType] ? z.input<S> : undefined
type Answered<S> = [S] extends [z.ZodType] ? z.output<S> : undefined
/** What stands in an address is text, which the client writes and the schema reads: `true` for what a stringbool takes. */
type Written<S> = [S] extends [z.ZodType]
  ? { [K in keyof z.input<S>]: Text<z.input<S>[K], Of<z.output<S>, K>> }
  : undefined
type Text<I, O> = unknown extends I ? O : I | O
type Of<T, K> = K extends keyof T ? T[K] : never
