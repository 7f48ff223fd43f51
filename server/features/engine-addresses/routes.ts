import { z } from 'zod'
import { newTokenSchema } from '#lib/contracts/account.ts'
import { hostIdSchema } from '#lib/contracts/common.ts'
import { engineAddressAnswerSchema, madeCertificateSchema } from '#lib/contracts/engine-addresses.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Engines } from '../../gateway/engines.ts'
import type { Authorize } from '../../principal/principal.ts'
import { defineRoute } from '../../web/define-route.ts'

const oneHost = z.object({ hostId: hostIdSchema })

/** Addresses of engines for clients that take no path, and certificates for them. They end as API tokens do. */
export function engineAddressRoutes({
  engines,
  registry,
  authorize,
}: {
  engines: Engines | null
  registry: Pick<HostRegistry, 'get'>
  authorize: Authorize
}) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/engine-address',
      access: 'hosts.view',
      summary: 'Where clients that take host and port only find the host’s engine',
      params: oneHost,
      response: engineAddressAnswerSchema,
      handler: async ({ params }) => ({ address: engines?.addressOf(registry.get(params.hostId)) ?? null }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/account/certificates/:hostId',
      access: 'session',
      event: 'account.certificateMade',
      fresh: true,
      summary:
        'Make a client certificate for a host’s engine address; this answer alone holds its private key',
      params: oneHost,
      body: newTokenSchema,
      response: madeCertificateSchema,
      async handler({ principal, params, body }) {
        authorize(principal, 'gateway.use', params)
        registry.get(params.hostId)
        if (!engines) throw new AppError('engines_off')
        return engines.makeCertificate(principal, { ...body, ...params })
      },
    }),
  ]
}
