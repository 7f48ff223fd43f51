import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import {
  actionResultSchema,
  containerDetailSchema,
  containerSchema,
  killOptionsSchema,
  removeOptionsSchema,
  renameOptionsSchema,
  stopOptionsSchema,
} from '#lib/contracts/containers.ts'
import type { SightOf } from '../../auth/sight.ts'
import type { Principal } from '../../auth/types.ts'
import type { ContainerService } from '../../containers/service.ts'
import type { FleetState } from '../../live/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'
import { hostStatesOf, listedHostSchema } from './list-answer.ts'

const oneContainer = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId' as const

/** Containers of all hosts from memory; one container and its actions at its host. */
export function containerRoutes(
  containers: ContainerService,
  { fleet, sightOf }: { fleet: FleetState; sightOf: SightOf },
): AnyRoute[] {
  const act = (
    action: 'start' | 'pause' | 'unpause' | 'stop' | 'restart' | 'kill' | 'rename',
    access:
      | 'containers.start'
      | 'containers.pause'
      | 'containers.stop'
      | 'containers.restart'
      | 'containers.kill'
      | 'containers.rename',
    body: z.ZodType<Record<string, unknown>>,
  ) =>
    defineRoute({
      method: 'POST',
      path: `${path}/${action}`,
      access,
      summary: `${action} a container`,
      params: oneContainer,
      body,
      response: actionResultSchema,
      handler: ({ principal, params, body: options }) =>
        containers.act(principal as Principal, params.hostId, params.containerId, action, options),
    })
  const nothing = z.strictObject({})
  return [
    defineRoute({
      method: 'GET',
      path: '/api/containers',
      access: 'containers.view',
      summary: 'Containers of all hosts, with each host’s own state; filter as on the page',
      query: z.object({ filter: z.string().max(1000).default('') }),
      response: z.object({ items: z.array(containerSchema), hosts: z.array(listedHostSchema) }),
      async handler({ principal, query }) {
        const sight = sightOf(principal as Principal)
        return { items: containers.list(query.filter, sight), hosts: hostStatesOf(fleet, sight) }
      },
    }),
    defineRoute({
      method: 'GET',
      path,
      access: 'containers.view',
      event: 'containers.reveal',
      recordedIf: ({ reveal }) => reveal,
      freshIf: ({ reveal }) => reveal,
      summary: 'One container with the engine’s own document; environment values only with reveal',
      params: oneContainer,
      query: z.object({ reveal: z.stringbool().default(false) }),
      response: containerDetailSchema,
      handler: ({ principal, params, query, signal }) =>
        containers.inspect(principal as Principal, params.hostId, params.containerId, query.reveal, signal),
    }),
    act('start', 'containers.start', nothing),
    act('stop', 'containers.stop', stopOptionsSchema),
    act('restart', 'containers.restart', stopOptionsSchema),
    act('pause', 'containers.pause', nothing),
    act('unpause', 'containers.pause', nothing),
    act('kill', 'containers.kill', killOptionsSchema),
    act('rename', 'containers.rename', renameOptionsSchema),
    defineRoute({
      method: 'DELETE',
      path,
      access: 'containers.remove',
      summary: 'Remove a container',
      params: oneContainer,
      query: removeOptionsSchema,
      response: actionResultSchema,
      handler: ({ principal, params, query }) =>
        containers.act(principal as Principal, params.hostId, params.containerId, 'remove', query),
    }),
  ]
}
