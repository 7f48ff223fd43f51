import type { ErrorCode } from '#lib/error-codes.ts'
import { plainLogLine } from '#lib/logs/sanitise.ts'
import { AppError } from '../errors.ts'

/** What the refused call was about. */
export type Subject = 'container' | 'image' | 'engine'

/**
 * In all that engines pass on of a full disk: the kernel's two errors, and that of the SQLite in which Podman 5 keeps its
 * containers.
 */
export const diskFull = /no space left|disk quota exceeded|database or disk is full/i

/**
 * Engine texts that tell one conflict from another. Podman before 5 answers conflicts with 500 and older Docker with
 * 409 for everything, so the text decides and not the status.
 */
const conflicts: readonly (readonly [RegExp, ErrorCode])[] = [
  // Podman 5 lets its database find the second name.
  [/name .* already in use|UNIQUE constraint failed: ContainerConfig\.Name/i, 'container_name_taken'],
  [/is not paused/i, 'container_not_paused'],
  [/remove a running container|container is running:|as it is running/i, 'container_running'],
  // Podman 4 and 5 name no state when a paused container is started: of the others, start refuses none.
  [
    /already paused|is paused|a paused (container|or unknown state)|running or paused, refusing|must be in Created or Stopped state/i,
    'container_paused',
  ],
  [/is not running|can only kill running/i, 'container_not_running'],
  [/referenced in multiple repositories|more than one tag/i, 'image_has_several_tags'],
  [/is being used by|is using its|image is in use/i, 'image_in_use'],
  [/port is already allocated|address already in use|bind: address|port .* already in use/i, 'port_taken'],
  [diskFull, 'engine_disk_full'],
  [/invalid reference format|invalid tag/i, 'reference_invalid'],
]

/** An engine's refusal as an AppError, with the engine's own text as detail (engine-api: errors differ by flavour). */
export function engineError(status: number, body: string, subject: Subject): AppError {
  const detail = messageOf(body)
  const params = { status }
  // Docker forbids the removal of a network that containers are in.
  if (status === 403 && /has active endpoints/i.test(detail))
    return new AppError('conflict', { detail, params })
  if (status === 401 || status === 403) return new AppError('engine_rights_missing', { detail, params })
  if (/client sent an HTTP request to an HTTPS server/i.test(body))
    return new AppError('tls_required', { detail, params })
  // The calls about the engine itself are known to every engine.
  if (status === 404)
    return new AppError(subject === 'engine' ? 'not_an_engine' : `${subject}_not_found`, { detail, params })
  const conflict = status >= 400 ? conflicts.find(([pattern]) => pattern.test(detail)) : undefined
  if (conflict) return new AppError(conflict[1], { detail, params })
  if (status === 409) return new AppError('conflict', { detail, params })
  return new AppError('engine_error', { detail: detail || `HTTP ${status}`, params })
}

const longestDetail = 2000

/**
 * An engine's own words as text to show, at most so many characters. They hold what registries and images say: no
 * control characters, nor marks that turn text around; lines stay.
 */
export function plainWords(text: string, most: number): string {
  return text.slice(0, most).split(/\r?\n/).map(plainLogLine).join('\n')
}

/** Docker says {"message"}, Podman {"cause","message","response"}, and both sometimes plain text. */
function messageOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: unknown; cause?: unknown }
    if (typeof parsed?.message === 'string') return plainWords(parsed.message, longestDetail)
  } catch {
    // Plain text: unknown routes, proxies, requests below API 1.24.
  }
  return plainWords(body.trim(), longestDetail)
}

/** What an engine sent that its API does not promise is its fault and said so, not a TypeError of ours. */
export function understood<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: (cause as Error).message, cause })
  }
}
