import { type ActName, actOf } from '#lib/acts.ts'
import type { Authorize, Principal, Target } from '../principal/principal.ts'

/**
 * Throws denied, host_not_found and container_not_found unless the principal may do all that an act needs there: asked
 * before an engine is, and again before each step of what takes time.
 */
export function authorizeAct(
  authorize: Authorize,
  principal: Principal,
  act: ActName,
  target: Target & { hostId: string },
): void {
  const { needs, hostWide = [] } = actOf(act)
  for (const permission of needs) authorize(principal, permission, target)
  for (const permission of hostWide)
    authorize(principal, permission, { hostId: target.hostId, hostWide: true })
}
