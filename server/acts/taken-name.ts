import { parseImageRef } from '#lib/images/image-ref.ts'
import type { ImageCalls } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import { authorizeAct } from './authorize-act.ts'

/** Throws denied when somebody may not give a new image this name; `ids` of those that may have it already. */
export type MayName = (name: string, ids?: readonly string[]) => Promise<void>

/**
 * Throws denied where a new image is to have a name that another one has, unless the principal may move names on that
 * host: the next container of that name, whoever makes it, would run the new one. A name that nobody here can read counts
 * as taken.
 */
export function mayName(
  authorize: Authorize,
  principal: Principal,
  hostId: string,
  engine: { images: Pick<ImageCalls, 'inspect'> },
  signal?: AbortSignal,
): MayName {
  return async (name, ids = []) => {
    // Looked up first: a right that is not needed is no denial for the audit log.
    const holder = parseImageRef(name) === null ? '' : await holderOf(engine, name, signal)
    if (holder !== null && !ids.includes(holder))
      authorizeAct(authorize, principal, 'image.rename', { hostId })
  }
}

/** The id of the image that has the name; null for none. */
export async function holderOf(
  engine: { images: Pick<ImageCalls, 'inspect'> },
  name: string,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    const { Id } = await engine.images.inspect(name, signal ? { signal } : {})
    const id = String(Id)
    return id.includes(':') ? id : `sha256:${id}`
  } catch (error) {
    if (error instanceof AppError && error.code === 'image_not_found') return null
    throw error
  }
}
