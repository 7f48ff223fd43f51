import { z } from 'zod'
import { hostSchema } from '#lib/contracts/hosts.ts'
import type { Sight } from '../../auth/sight.ts'
import type { FleetState } from '../../live/types.ts'

/** A list over many hosts carries each host's own state and age: a dead host is said, not left out. */
export const listedHostSchema = hostSchema.pick({
  id: true,
  name: true,
  state: true,
  syncedAt: true,
  error: true,
})

export function hostStatesOf(fleet: FleetState, sight: Sight): z.output<typeof listedHostSchema>[] {
  const hosts = fleet.hosts().filter(({ id }) => sight.host(id))
  return hosts.map(({ id, name, state, syncedAt, error }) => ({ id, name, state, syncedAt, error }))
}
