import type { Access } from '../access/access.ts'
import type { ShippedAuditLog } from '../audit/index.ts'
import type { Config } from '../config.ts'
import type { Policy } from '../create-policy/index.ts'
import type { FolderWatch } from '../db/folder-watch.ts'
import type { Store } from '../db/store.ts'
import { AppError } from '../errors.ts'
import type { Hosts } from '../fleet/hosts.ts'
import type { Live } from '../fleet/live.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { Authorize } from '../principal/principal.ts'
import type { Vault } from '../secrets/vault.ts'
import type { Concurrency } from '../web/concurrency.ts'
import type { Guard } from '../web/guard.ts'
import { createEngines, type Engines } from './engines.ts'
import { createGateway, type Gateway } from './index.ts'

/** The doors of engine clients: the gateway below a path, and engine addresses, null where they are off. */
export async function createDoors(parts: {
  config: Config
  database: Store
  dataFolder: FolderWatch
  vault: Vault
  auditLog: ShippedAuditLog
  hosts: Hosts
  live: Live
  access: Access
  decide: Authorize
  policy: Policy
  identity: Identity
  concurrency: Concurrency
  guard: Guard
  log: Log
}): Promise<{ gateway: Gateway; engines: Engines | null }> {
  const { audit } = parts.auditLog
  const { registry } = parts.hosts
  const gateway = createGateway({
    ...parts,
    audit,
    registry,
    fleet: parts.live.fleet,
    authorize: audit.recording((principal, permission, target = {}) => {
      parts.decide(principal, permission, target)
      // A denial of some containers is none of the whole host, but what acts on all of them acts on these.
      if (
        target.hostWide &&
        target.hostId &&
        !parts.access.visibilityOf(principal).mayHostWide(permission, target.hostId)
      )
        throw new AppError('denied', { hostId: target.hostId, params: { permission } })
    }),
  })
  const { tokens } = parts.identity
  const engines = await createEngines({ ...parts, db: parts.database.db, gateway, tokens, registry })
  return { gateway, engines }
}
