import { z } from 'zod'
import { actOfAction } from '#lib/containers/rules.ts'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import {
  actionResultSchema,
  type ContainerAction,
  containerDetailSchema,
  containerSchema,
  killOptionsSchema,
  removeOptionsSchema,
  renameOptionsSchema,
  stopOptionsSchema,
} from '#lib/contracts/containers.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import { defineRoute } from '../../web/define-route.ts'
import { hostStatesOf, listedHostSchema } from '../../web/list-answer.ts'
import type { ContainerService } from './service.ts'

const oneContainer = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId' as const

/** Containers of all hosts from memory; one container and its actions at its host. */
export function containerRoutes(
  containers: ContainerService,
  { fleet, visibilityOf }: { fleet: FleetState; visibilityOf: VisibilityOf },
) {
  const action = (name: Exclude<ContainerAction, 'remove'>, body: z.ZodType<Record<string, unknown>>) =>
    defineRoute({
      method: 'POST',
      path: `${path}/${name}`,
      act: actOfAction[name],
      summary: `${name} a container`,
      params: oneContainer,
      body,
      response: actionResultSchema,
      handler: ({ principal, params, body: options }) =>
        containers.act(principal, params.hostId, params.containerId, name, options),
    })
  const nothing = z.strictObject({})
  return [
    defineRoute({
      method: 'GET',
      path: '/api/containers',
      act: 'container.view',
      summary: 'Containers of all hosts, with each host’s own state; filter as on the page',
      query: z.object({ filter: z.string().max(1000).default('') }),
      response: z.object({ items: z.array(containerSchema), hosts: z.array(listedHostSchema) }),
      async handler({ principal, query }) {
        const visibility = visibilityOf(principal)
        return { items: containers.list(query.filter, visibility), hosts: hostStatesOf(fleet, visibility) }
      },
    }),
    defineRoute({
      method: 'GET',
      path,
      act: 'container.view',
      event: 'containers.reveal',
      recordedIf: ({ reveal }) => reveal,
      freshIf: ({ reveal }) => reveal,
      summary: 'One container with the engine’s own document; environment values only with reveal',
      params: oneContainer,
      query: z.object({ reveal: z.stringbool().default(false) }),
      response: containerDetailSchema,
      handler: ({ principal, params, query, signal }) =>
        containers.inspect(principal, params.hostId, params.containerId, query.reveal, signal),
    }),
    action('start', nothing),
    action('stop', stopOptionsSchema),
    action('restart', stopOptionsSchema),
    action('pause', nothing),
    action('unpause', nothing),
    action('kill', killOptionsSchema),
    action('rename', renameOptionsSchema),
    defineRoute({
      method: 'DELETE',
      path,
      act: 'container.remove',
      summary: 'Remove a container',
      params: oneContainer,
      query: removeOptionsSchema,
      response: actionResultSchema,
      handler: ({ principal, params, query }) =>
        containers.act(principal, params.hostId, params.containerId, 'remove', query),
    }),
  ]
}
