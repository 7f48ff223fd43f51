import { z } from 'zod'
import { hostSchema } from '#lib/contracts/hosts.ts'
import type { Visibility } from '../access/visibility.ts'
import { seenHost } from '../access/visible-fleet.ts'
import type { FleetState } from '../fleet/fleet.ts'

/** A list over many hosts carries each host's own state and age: a dead host is said, not left out. */
export const listedHostSchema = hostSchema.pick({
  id: true,
  name: true,
  state: true,
  syncedAt: true,
  error: true,
  reading: true,
})

export function hostStatesOf(fleet: FleetState, visibility: Visibility): z.output<typeof listedHostSchema>[] {
  const hosts = fleet.hosts().filter(({ id }) => visibility.host(id))
  return hosts.map((host) => {
    const { id, name, state, syncedAt, error, reading } = seenHost(visibility, host)
    return { id, name, state, syncedAt, error, reading }
  })
}
