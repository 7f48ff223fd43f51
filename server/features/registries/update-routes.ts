import { z } from 'zod'
import { updatesSchema } from '#lib/contracts/updates.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import type { Principal } from '../../principal/principal.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { UpdateCheck } from './update-check.ts'

/** Newer images in the registries, for the tags in use. */
export function updateRoutes(updates: UpdateCheck, visibilityOf: VisibilityOf) {
  const read = (principal: Principal) => updates.read(visibilityOf(principal))
  return [
    defineRoute({
      method: 'GET',
      path: '/api/updates',
      act: 'image.view',
      summary: 'For each tag in use, whether its registry has a newer image',
      response: updatesSchema,
      handler: ({ principal }) => read(principal),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/updates/check',
      act: 'image.pull',
      event: 'updates.check',
      summary: 'Ask the registries now',
      response: updatesSchema,
      handler: ({ principal }) => {
        updates.run()
        return read(principal)
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/updates/schedule',
      access: 'registries.edit',
      event: 'updates.schedule',
      summary: 'How often the registries are asked',
      body: z.object({ everyHours: updatesSchema.shape.everyHours }),
      response: updatesSchema,
      handler: async ({ principal, body }) => {
        await updates.setSchedule(body.everyHours)
        return read(principal)
      },
    }),
  ]
}
