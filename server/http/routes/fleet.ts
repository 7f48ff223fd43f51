import { z } from 'zod'
import { networkSchema } from '#lib/contracts/networks.ts'
import { podSchema } from '#lib/contracts/pods.ts'
import { volumeSchema } from '#lib/contracts/volumes.ts'
import type { Sight, SightOf } from '../../auth/sight.ts'
import type { Principal } from '../../auth/types.ts'
import { seenPod } from '../../live/seen-fleet.ts'
import type { FleetState } from '../../live/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'
import { hostStatesOf, listedHostSchema } from './list-answer.ts'

const answer = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), hosts: z.array(listedHostSchema) })

/** The kinds that have a list and no actions yet. */
export function fleetRoutes({ fleet, sightOf }: { fleet: FleetState; sightOf: SightOf }): AnyRoute[] {
  const list =
    <T>(itemsOf: (sight: Sight) => T[]) =>
    async ({ principal }: { principal: Principal | null }) => {
      const sight = sightOf(principal as Principal)
      return { items: itemsOf(sight), hosts: hostStatesOf(fleet, sight) }
    }
  return [
    defineRoute({
      method: 'GET',
      path: '/api/volumes',
      access: 'volumes.view',
      summary: 'Volumes of all hosts',
      response: answer(volumeSchema),
      handler: list((sight) => fleet.all('volumes').filter(({ hostId }) => sight.objects('volumes', hostId))),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/networks',
      access: 'networks.view',
      summary: 'Networks of all hosts',
      response: answer(networkSchema),
      handler: list((sight) =>
        fleet.all('networks').filter(({ hostId }) => sight.objects('networks', hostId)),
      ),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/pods',
      access: 'pods.view',
      summary: 'Pods of all Podman hosts',
      response: answer(podSchema),
      handler: list((sight) => fleet.all('pods').flatMap((pod) => seenPod(fleet, sight, pod) ?? [])),
    }),
  ]
}
