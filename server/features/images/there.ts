import { z } from 'zod'
import type { EngineClient, ImageCalls } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { KnownEnd } from '../../tasks/change.ts'
import { notDone } from '../../tasks/inquiry.ts'
import { type ImageDocument, idOf } from './same-image.ts'

/** An image that an engine was asked to have. */
export interface Expected {
  /** How the engine may know it, beside its names. */
  ids: readonly string[]
  names: readonly string[]
  isIt(document: ImageDocument): boolean
}

/** Null for what is not there. */
export async function findImage(
  engine: { images: Pick<ImageCalls, 'inspect'> },
  reference: string,
  signal?: AbortSignal,
): Promise<ImageDocument | null> {
  try {
    return (await engine.images.inspect(reference, signal ? { signal } : {})) as ImageDocument
  } catch (error) {
    if (error instanceof AppError && error.code === 'image_not_found') return null
    throw error
  }
}

/** Milliseconds for which an engine may go on with images that it was sent, or with what it fetches, after its caller went. */
export const lateImagesMs = 3000

/** Images without a name that are looked through for one whose id at this engine nobody has been told. */
const mostUnnamed = 100

/**
 * The ids of these images at the engine. Throws step_not_done when it has none of them; when it has a part, images_unfinished
 * with what is there, what is not, and what is there without its name.
 */
export async function expectImages(engine: EngineClient, expected: readonly Expected[]): Promise<string[]> {
  const ids: string[] = []
  const there: string[] = []
  const missing: string[] = []
  const unnamed: string[] = []
  for (const { ids: known, names, isIt } of expected) {
    const called = names.length > 0 ? names : known.slice(0, 1)
    const found = await Promise.all(called.map((name) => findImage(engine, name)))
    const right = called.filter((_, index) => found[index] && isIt(found[index]))
    const wrong = called.filter((name) => !right.includes(name))
    there.push(...right)
    missing.push(...wrong)
    const image = found.find((one) => one && isIt(one)) ?? (await byContents(engine, known, isIt))
    if (!image) continue
    ids.push(idOf(image))
    if (wrong.length > 0) unnamed.push(idOf(image))
  }
  if (missing.length === 0) return ids
  if (there.length === 0 && unnamed.length === 0) throw notDone()
  throw unfinished({ there, missing, unnamed })
}

async function byContents(
  engine: EngineClient,
  ids: readonly string[],
  isIt: Expected['isIt'],
): Promise<ImageDocument | null> {
  const nameless = (await engine.images.list()).filter(({ tags }) => tags.length === 0).slice(0, mostUnnamed)
  for (const id of [...ids, ...nameless.map((image) => image.id)]) {
    const document = await findImage(engine, id)
    if (document && isIt(document)) return document
  }
  return null
}

/** Says what is at a host of what was to be there. */
export function unfinished(
  parts: { there: readonly string[]; missing: readonly string[]; unnamed: readonly string[] },
  why: { detail?: string | undefined; cause?: unknown } = {},
): KnownEnd {
  const list = (names: readonly string[]) => names.join(', ') || '–'
  return new KnownEnd('images_unfinished', {
    ...why,
    params: { there: list(parts.there), missing: list(parts.missing), unnamed: list(parts.unnamed) },
  })
}

/** A name and the image that had it, before something was asked that gives it to another. */
export const keptNamesSchema = z.object({
  names: z.array(z.object({ name: z.string(), before: z.string().nullable() })),
})
export type KeptNames = z.infer<typeof keptNamesSchema>

export async function keptNames(engine: EngineClient, names: readonly string[]): Promise<KeptNames> {
  const found = await Promise.all(names.map((name) => findImage(engine, name)))
  return { names: names.map((name, index) => ({ name, before: idIfSaid(found[index]) })) }
}

/** An engine may leave out even that. */
const idIfSaid = (document: ImageDocument | null | undefined): string | null =>
  document && typeof document.Id === 'string' ? idOf(document) : null

/** The one image that all these names have been given since. Throws as `expectImages` does. */
export async function movedNames(engine: EngineClient, { names }: KeptNames): Promise<string> {
  const now = await Promise.all(names.map(({ name }) => findImage(engine, name)))
  const moved = names.filter(({ before }, index) => now[index] && idIfSaid(now[index]) !== before)
  if (moved.length === 0) throw notDone()
  const there = moved.map(({ name }) => name)
  const missing = names.filter((one) => !moved.includes(one)).map(({ name }) => name)
  if (missing.length > 0) throw unfinished({ there, missing, unnamed: [] })
  return idOf(now[0] as ImageDocument)
}
