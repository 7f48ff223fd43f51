import { z } from 'zod'
import { networkSchema } from '#lib/contracts/networks.ts'
import { podSchema } from '#lib/contracts/pods.ts'
import { type FleetObjects, type HostKind, kinds } from '#lib/fleet/kinds.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { seenObjects } from '../../access/visible-fleet.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import { defineRoute } from '../../web/define-route.ts'
import { hostStatesOf, listedHostSchema } from '../../web/list-answer.ts'

/** The kinds that have a list and no actions yet. */
export function fleetRoutes({ fleet, visibilityOf }: { fleet: FleetState; visibilityOf: VisibilityOf }) {
  const list = <K extends HostKind>(
    kind: K,
    item: z.ZodType<FleetObjects[K], FleetObjects[K]>,
    summary: string,
  ) =>
    defineRoute({
      method: 'GET',
      path: `/api/${kind}`,
      act: `${kinds[kind].event}.view`,
      summary,
      response: z.object({ items: z.array(item), hosts: z.array(listedHostSchema) }),
      async handler({ principal }) {
        const visibility = visibilityOf(principal)
        return { items: seenObjects(fleet, visibility, kind), hosts: hostStatesOf(fleet, visibility) }
      },
    })
  return [
    list('networks', networkSchema, 'Networks of all hosts'),
    list('pods', podSchema, 'Pods of all Podman hosts'),
  ]
}
