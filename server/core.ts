import { type Access, createAccess } from './access/access.ts'
import { createGrants, type Grants } from './access/grants.ts'
import { openAudit, type ShippedAuditLog, shipAudit } from './audit/index.ts'
import { recordRotation } from './audit/record-rotation.ts'
import { type ClockTrust, createClockTrust, newestInstant } from './clock-trust.ts'
import type { Config } from './config.ts'
import { createPolicy, type Policy } from './create-policy/index.ts'
import { beginFirstStart, endFirstStart, prepareDataFolder } from './db/data-folder.ts'
import { type FolderWatch, watchDataFolder } from './db/folder-watch.ts'
import { openStore, type Store } from './db/store.ts'
import { createHosts, type Hosts } from './fleet/hosts.ts'
import { createLive, type Live } from './fleet/live.ts'
import type { PasswordHashing } from './identity/identity.ts'
import { createSigningIn, type SigningIn } from './identity/index.ts'
import { unknownRoles } from './identity/users.ts'
import type { Log } from './log.ts'
import type { Authorize } from './principal/principal.ts'
import { openVault } from './secrets/data-key.ts'
import { isOpenToOthers, keyPath, readKey } from './secrets/key-file.ts'
import type { Vault } from './secrets/vault.ts'
import { createTasks } from './tasks/index.ts'
import type { RunningTasks } from './tasks/service.ts'
import { type Concurrency, createConcurrency } from './web/concurrency.ts'
import { createGuard, type Guard } from './web/guard.ts'

/** What features stand on: each service is made once, here. */
export interface Core extends SigningIn {
  config: Config
  log: Log
  database: Store
  dataFolder: FolderWatch
  clock: ClockTrust
  vault: Vault
  auditLog: ShippedAuditLog
  grants: Grants
  hosts: Hosts
  live: Live
  access: Access
  /** Denials are on the audit log. */
  authorize: Authorize
  /** As `authorize`, for what only asks whether somebody may: no denial, and not recorded. */
  decide: Authorize
  policy: Policy
  tasks: RunningTasks
  concurrency: Concurrency
  guard: Guard
}

/**
 * Opens the data folder and begins to connect to the registered hosts. Throws StartError with one line for a person.
 * @param passwords how they are hashed; scrypt without it.
 */
export async function createCore(
  config: Config,
  log: Log,
  passwords: PasswordHashing | undefined,
): Promise<Core> {
  const { databaseExists } = prepareDataFolder(config.dataFolder)
  if (!databaseExists) beginFirstStart(config.dataFolder)
  const masterKey = readKey(config, databaseExists)
  if (config.key === null && isOpenToOthers(keyPath(config)))
    log.warn(
      { path: keyPath(config) },
      'the key file can be read by other accounts of this machine: chmod 600 it, and change the key if one of them is not to have it',
    )
  const database = await openStore(config.dataFolder)
  const { db } = database
  const vault = await openVault(config, db, masterKey)
  endFirstStart(config.dataFolder)
  const dataFolder = watchDataFolder(config.dataFolder, log)
  const auditLog = shipAudit(await openAudit(database.connect(), log), config, db, log)
  const { audit } = auditLog
  await recordRotation(db, audit)
  const grants = await createGrants(db, log)
  for (const role of unknownRoles(config.oidc, grants))
    log.warn({ role }, 'ROADSTEAD_OIDC_ROLES names a role that is not here: it gives nothing to anybody')
  const hosts = await createHosts({ db, vault, log })
  const { registry } = hosts
  const live = createLive(registry, log)
  const access = createAccess({ grants, registry, fleet: live.fleet, log })
  const decide = access.authorize
  const authorize = audit.recording(decide)
  const policy = createPolicy({
    may(principal, permission, hostId) {
      try {
        decide(principal, permission, { hostId })
        return true
      } catch {
        return false
      }
    },
    reservedLabels: () => grants.labelKeys(),
    authorizeChange: access.authorizeChange,
  })
  const signingIn = await createSigningIn({ config, database, vault, grants, access, passwords, log })
  const tasks = await createTasks({ db, vault, authorize, access, audit, registry, log })
  signingIn.identity.onEnded((ended) => 'userId' in ended && tasks.endOf(ended.userId))
  return {
    ...signingIn,
    config,
    log,
    database,
    dataFolder,
    clock: createClockTrust(await newestInstant(db)),
    vault,
    auditLog,
    grants,
    hosts,
    live,
    access,
    authorize,
    decide,
    policy,
    tasks,
    concurrency: createConcurrency(),
    guard: createGuard(config),
  }
}
