import { z } from 'zod'
import { hostIdSchema } from '#lib/contracts/common.ts'
import {
  addDiscoveredSchema,
  discoveredEngineSchema,
  hostInputSchema,
  hostPatchSchema,
  hostSchema,
  testEventSchema,
  testHostSchema,
} from '#lib/contracts/hosts.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { seenHost } from '../../access/visible-fleet.ts'
import { AppError } from '../../errors.ts'
import type { RunningRegistry } from '../../fleet/registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { HostService } from './service.ts'

const oneHost = z.object({ hostId: hostIdSchema })

/**
 * Hosts: register, edit, test, pause. Only `hosts.edit` can make the server dial an address.
 * @param decide without a record: what only asks whether somebody hands out accounts is no denial.
 */
export function hostRoutes(
  { registry, service }: { registry: RunningRegistry; service: HostService },
  visibilityOf: VisibilityOf,
  decide: Authorize,
) {
  const handsOut = (principal: Principal): boolean => {
    try {
      decide(principal, 'registries.edit', {})
      return true
    } catch {
      return false
    }
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/api/hosts',
      access: 'hosts.view',
      summary: 'All hosts with their state',
      response: z.array(hostSchema),
      async handler({ principal }) {
        const visibility = visibilityOf(principal)
        return registry
          .list()
          .filter(({ id }) => visibility.host(id))
          .map((host) => seenHost(visibility, host))
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/hosts/discovered',
      access: 'hosts.edit',
      summary: 'Engines found on this machine',
      response: z.array(discoveredEngineSchema),
      async handler({ principal }) {
        const visibility = visibilityOf(principal)
        const found = await service.discovered()
        return found.filter(({ registeredAs }) => registeredAs === null || visibility.host(registeredAs))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/hosts/discovered/:key',
      access: 'hosts.edit',
      fresh: true,
      summary: 'Register an engine that was found',
      params: z.object({ key: z.string().regex(/^[0-9a-f]{16}$/) }),
      body: addDiscoveredSchema,
      response: hostSchema,
      handler: ({ principal, params, body }) =>
        service.addDiscovered(principal, params.key, body, handsOut(principal)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/hosts/test',
      access: 'hosts.edit',
      fresh: true,
      summary: 'Test a transport step by step; answers NDJSON',
      body: testHostSchema,
      lines: testEventSchema,
      handler: async ({ principal, body, signal }) => {
        const { hostId } = body
        // It would be tested with the secrets that are stored for it.
        if (hostId !== undefined && !visibilityOf(principal).host(hostId))
          throw new AppError('host_not_found', { hostId })
        return service.test(body.transport, body.hostId, signal)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/hosts',
      access: 'hosts.edit',
      fresh: true,
      summary: 'Register a host',
      body: hostInputSchema,
      response: hostSchema,
      handler: ({ principal, body }) => service.add(principal, body, handsOut(principal)),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId',
      access: 'hosts.view',
      summary: 'One host',
      params: oneHost,
      response: hostSchema,
      handler: async ({ principal, params }) =>
        seenHost(visibilityOf(principal), registry.get(params.hostId)),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/hosts/:hostId',
      access: 'hosts.edit',
      fresh: true,
      summary: 'Edit a host; secrets left out stay as they are',
      params: oneHost,
      body: hostPatchSchema,
      response: hostSchema,
      handler: ({ principal, params, body }) =>
        service.edit(principal, params.hostId, body, handsOut(principal)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/hosts/:hostId',
      access: 'hosts.edit',
      fresh: true,
      summary: 'Forget a host; nothing on it is touched',
      params: oneHost,
      handler: ({ params }) => service.remove(params.hostId),
    }),
    ...(['pause', 'resume', 'reconnect'] as const).map((verb) =>
      defineRoute({
        method: 'POST',
        path: `/api/hosts/:hostId/${verb}`,
        access: 'hosts.edit',
        summary: `${verb} a host's connection`,
        params: oneHost,
        response: hostSchema,
        handler: async ({ params }) =>
          verb === 'reconnect'
            ? service.reconnect(params.hostId)
            : service.setPaused(params.hostId, verb === 'pause'),
      }),
    ),
  ]
}
