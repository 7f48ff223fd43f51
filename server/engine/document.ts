import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { EngineContext } from './context.ts'
import type { Subject } from './errors.ts'
import type { CallOptions } from './types.ts'

/** A row of a list that is not as the engine's API promises: which one, and what is odd about it. */
export interface OddRow {
  /** The row's name or id, or its place in the list ("#3"). */
  name: string
  detail: string
}

/** An engine's document as it must be to be understood. Throws engine_answer_invalid that names the field. */
export function understoodAs<T extends z.ZodType>(schema: T, what: string, document: unknown): z.output<T> {
  const read = schema.safeParse(document)
  if (read.success) return read.data
  throw new AppError('engine_answer_invalid', { detail: `${what}: ${flawOf(read.error)}` })
}

/**
 * The rows of a list that can be read, checked against what the pages are promised. One that cannot be read is told and left
 * out: it costs neither the others nor whoever reads the fleet later on, in a timer perhaps. libpod says null for an empty
 * list. Throws engine_answer_invalid for what is no list.
 * @param odd absent for a list of which every row counts: the first odd one is thrown
 */
export function readRows<Raw, T extends z.ZodType>(
  answer: unknown,
  what: string,
  normalise: (raw: Raw) => z.input<T>,
  schema: T,
  odd?: (row: OddRow) => void,
): z.output<T>[] {
  const rows = answer ?? []
  if (!Array.isArray(rows))
    throw new AppError('engine_answer_invalid', { detail: `${what}: ${kindOf(rows)} where a list belongs` })
  return rows.flatMap((raw: Raw, index) => {
    let detail: string
    try {
      const read = schema.safeParse(normalise(raw))
      if (read.success) return [read.data]
      detail = flawOf(read.error)
    } catch (error) {
      detail = (error as Error).message
    }
    const name = nameOf(raw) ?? `#${index + 1}`
    if (!odd) throw new AppError('engine_answer_invalid', { detail: `${what}, ${name}: ${detail}` })
    odd({ name, detail })
    return []
  })
}

/** Faults of reading, which are the document's: what somebody asked for, and aborts, are others. */
const isOfReading = (error: unknown) =>
  error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError

/**
 * The same calls, of which each keeps the promise to throw nothing but AppError and what its caller gave it: a document that
 * lacks what every engine has is the engine's fault and said so.
 */
export function withPlainErrors<T extends object>(calls: T): T {
  const explain = (error: unknown): never => {
    if (!isOfReading(error)) throw error
    throw new AppError('engine_answer_invalid', { detail: (error as Error).message, cause: error })
  }
  const wrapped = Object.entries(Object.getOwnPropertyDescriptors(calls)).map(([name, property]) => {
    const call: unknown = property.value
    if (typeof call !== 'function') return [name, property]
    const value = (...args: unknown[]) => {
      const answer: unknown = Reflect.apply(call, calls, args)
      return answer instanceof Promise ? answer.catch(explain) : answer
    }
    return [name, { ...property, value }]
  })
  return Object.defineProperties({}, Object.fromEntries(wrapped)) as T
}

/** A document as it came, field by field, once it is understood. */
export async function readDocument(
  { json }: Pick<EngineContext, 'json'>,
  schema: z.ZodType,
  path: string,
  subject: Subject,
  options?: CallOptions,
): Promise<Record<string, unknown>> {
  const found = await json<Record<string, unknown>>(path, { subject }, options)
  understoodAs(schema, `GET ${path}`, found)
  return found
}

/** A field of minor interest, whatever it holds: one that is odd is as one that is not there. */
export const minor = <T extends z.ZodType>(schema: T) => schema.nullish().catch(null)

function flawOf(error: z.ZodError): string {
  const [issue] = error.issues
  return issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'not as expected'
}

function nameOf(raw: unknown): string | null {
  if (typeof raw !== 'object' || raw === null) return null
  const { Names, Name, name, Id, id } = raw as Record<string, unknown>
  const words = [Array.isArray(Names) ? Names[0] : null, Name, name, Id, id]
  const word = words.find((each) => typeof each === 'string' && each !== '')
  return typeof word === 'string' ? word.replace(/^\//, '').slice(0, 64) : null
}

function kindOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return `${typeof value === 'object' ? 'an object' : `a ${typeof value}`} (${text.slice(0, 120)})`
}
