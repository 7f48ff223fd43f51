import type { Access } from '../access/access.ts'
import type { Audit } from '../audit/service.ts'
import type { Database } from '../db/schema.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Log } from '../log.ts'
import type { Authorize } from '../principal/principal.ts'
import type { Vault } from '../secrets/vault.ts'
import { createTaskRepository } from './repository.ts'
import { createTaskService, type RunningTasks } from './service.ts'

/** Tasks with their store. */
export function createTasks(parts: {
  db: Database
  vault: Vault
  authorize: Authorize
  access: Access
  audit: Audit
  registry: HostRegistry
  log: Log
}): Promise<RunningTasks> {
  const { db, vault, authorize, access, audit, registry, log } = parts
  return createTaskService({
    tasks: createTaskRepository(db, vault),
    authorize,
    access,
    audit,
    registry,
    log,
  })
}
