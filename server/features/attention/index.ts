import type { VisibilityOf } from '../../access/visibility.ts'
import type { Database } from '../../db/schema.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import { attentionRoutes } from './routes.ts'

/** What needs somebody, and what somebody has said that they know of. */
export async function attentionFeature(parts: {
  db: Database
  fleet: FleetState
  visibilityOf: VisibilityOf
  log: Log
}) {
  const acknowledgements = await createAcknowledgements(parts)
  return {
    routes: attentionRoutes(acknowledgements, parts.visibilityOf),
    close: () => acknowledgements.stop(),
  }
}
