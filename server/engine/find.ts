import { AppError } from '../errors.ts'
import type { EngineContext } from './context.ts'
import { understood } from './errors.ts'
import type { CallOptions } from './types.ts'

/** What an engine has by a name or an id, in the caller's shape; null for its 404. */
export async function findOr404<Raw, T>(
  { docker, json }: Pick<EngineContext, 'docker' | 'json'>,
  path: string,
  options: CallOptions | undefined,
  of: (raw: Raw) => T,
): Promise<T | null> {
  try {
    const raw = await json<Raw>(docker(path), {}, options)
    return understood(() => of(raw))
  } catch (error) {
    if (error instanceof AppError && error.context.params?.status === 404) return null
    throw error
  }
}
