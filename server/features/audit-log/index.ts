import type { ShippedAuditLog } from '../../audit/index.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import { auditRoutes } from './routes.ts'

/** Who did what, searched and downloaded. */
export function auditLogFeature({ auditLog, fleet }: { auditLog: ShippedAuditLog; fleet: FleetState }) {
  return { routes: auditRoutes(auditLog, () => fleet.hosts()) }
}
