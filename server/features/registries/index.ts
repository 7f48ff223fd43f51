import type { VisibilityOf } from '../../access/visibility.ts'
import type { Database } from '../../db/schema.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { RunningRegistry } from '../../fleet/registry.ts'
import type { Log } from '../../log.ts'
import type { Vault } from '../../secrets/vault.ts'
import { createRegistryRepository } from './repository.ts'
import { registryRoutes } from './routes.ts'
import { createRegistryService } from './service.ts'
import { createUpdateCheck } from './update-check.ts'
import { updateRoutes } from './update-routes.ts'

/** Accounts at registries, what is in them, and whether they have newer images. */
export async function registriesFeature(parts: {
  db: Database
  vault: Vault
  fleet: FleetState
  registry: RunningRegistry
  visibilityOf: VisibilityOf
  log: Log
}) {
  const { db, vault, fleet, registry, visibilityOf, log } = parts
  const registries = createRegistryService(createRegistryRepository(db, vault), registry.facts, log)
  const updates = await createUpdateCheck({ db, fleet, registries })
  return {
    registries,
    routes: [...registryRoutes(registries), ...updateRoutes(updates, visibilityOf)],
    async close() {
      updates.stop()
      await registries.close()
    },
  }
}
