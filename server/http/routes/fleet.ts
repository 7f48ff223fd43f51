import { z } from 'zod'
import { networkSchema } from '#lib/contracts/networks.ts'
import { podSchema } from '#lib/contracts/pods.ts'
import { volumeSchema } from '#lib/contracts/volumes.ts'
import type { FleetState } from '../../live/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'
import { hostStatesOf, listedHostSchema } from './list-answer.ts'

const answer = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), hosts: z.array(listedHostSchema) })

/** The kinds that have a list and no actions yet. */
export function fleetRoutes(fleet: FleetState): AnyRoute[] {
  const hosts = () => hostStatesOf(fleet)
  return [
    defineRoute({
      method: 'GET',
      path: '/api/volumes',
      access: 'volumes.view',
      summary: 'Volumes of all hosts',
      response: answer(volumeSchema),
      handler: async () => ({ items: fleet.all('volumes'), hosts: hosts() }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/networks',
      access: 'networks.view',
      summary: 'Networks of all hosts',
      response: answer(networkSchema),
      handler: async () => ({ items: fleet.all('networks'), hosts: hosts() }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/pods',
      access: 'pods.view',
      summary: 'Pods of all Podman hosts',
      response: answer(podSchema),
      handler: async () => ({ items: fleet.all('pods'), hosts: hosts() }),
    }),
  ]
}
