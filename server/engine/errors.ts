import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '../errors.ts'

/** What the refused call was about. */
export type Subject = 'container' | 'image' | 'engine'

/**
 * Engine texts that tell one conflict from another. Podman before 5 answers conflicts with 500 and older Docker with
 * 409 for everything, so the text decides and not the status.
 */
const conflicts: readonly (readonly [RegExp, ErrorCode])[] = [
  [/name .* is already in use|already in use by|that name is already in use/i, 'container_name_taken'],
  [/is not paused|unpause/i, 'container_not_paused'],
  [/already paused|is paused|unpause .* (first|before)|paused containers/i, 'container_paused'],
  [
    /you cannot remove a running|running or paused container|cannot remove container .* as it is running/i,
    'container_running',
  ],
  [
    /is not running|can only kill running|container state improper|is not in running state/i,
    'container_not_running',
  ],
  [/referenced in multiple repositories|has multiple tags|more than one tag/i, 'image_has_several_tags'],
  [/being used by|in use by|image is in use|image used by/i, 'image_in_use'],
  [/invalid reference format|invalid tag|repository name must be lowercase/i, 'reference_invalid'],
]

/** An engine's refusal as an AppError, with the engine's own text as detail (engine-api: errors differ by flavour). */
export function engineError(status: number, body: string, subject: Subject): AppError {
  const detail = messageOf(body)
  const params = { status }
  if (status === 401 || status === 403) return new AppError('engine_rights_missing', { detail, params })
  if (/client sent an HTTP request to an HTTPS server/i.test(body))
    return new AppError('tls_required', { detail, params })
  if (status === 404 && subject !== 'engine') return new AppError(`${subject}_not_found`, { detail, params })
  const conflict = status >= 400 ? conflicts.find(([pattern]) => pattern.test(detail)) : undefined
  if (conflict) return new AppError(conflict[1], { detail, params })
  if (status === 409) return new AppError('conflict', { detail, params })
  return new AppError('engine_error', { detail: detail || `HTTP ${status}`, params })
}

/** Docker says {"message"}, Podman {"cause","message","response"}, and both sometimes plain text. */
function messageOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: unknown; cause?: unknown }
    if (typeof parsed.message === 'string') return parsed.message
  } catch {
    // Plain text: unknown routes, proxies, requests below API 1.24.
  }
  return body.trim().slice(0, 2000)
}
