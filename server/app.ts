import { join } from 'node:path'
import { createArchiveLibrary } from './archives/library.ts'
import { loadTask } from './archives/load.ts'
import { createArchiveRepository } from './archives/repository.ts'
import { openAudit, type ShippedAuditLog, shipAudit } from './audit/index.ts'
import { type Access, createAccess } from './auth/access.ts'
import { createGrants } from './auth/grants.ts'
import { createIdentity, type Identity } from './auth/identity.ts'
import { createLinks } from './auth/links.ts'
import { createOidc } from './auth/oidc.ts'
import { createOidcSignIn } from './auth/oidc-sign-in.ts'
import { createPasskeys } from './auth/passkeys.ts'
import { createPreviews } from './auth/previews.ts'
import { createSetup, type Setup } from './auth/setup.ts'
import { createSignIn } from './auth/sign-in.ts'
import { createTickets } from './auth/tickets.ts'
import { createUsers, unknownRoles } from './auth/users.ts'
import { bulkTask, createBulkService } from './bulk/service.ts'
import type { Config } from './config.ts'
import { createTask } from './containers/create.ts'
import { createCreateService } from './containers/create-service.ts'
import { createContainerDetails } from './containers/details.ts'
import { recreateTask } from './containers/recreate.ts'
import { createContainerService } from './containers/service.ts'
import { waitTask } from './containers/wait.ts'
import { openDatabase, prepareDataFolder } from './db/database.ts'
import type { Database } from './db/schema.ts'
import { AppError } from './errors.ts'
import { createFileService } from './files/service.ts'
import { createGateway } from './gateway/index.ts'
import { createHosts, type Hosts } from './hosts/index.ts'
import type { AnyRoute } from './http/define-route.ts'
import { createGuard } from './http/guard.ts'
import { createPages } from './http/pages.ts'
import { namesOf } from './http/recorded.ts'
import { accessRoutes } from './http/routes/access.ts'
import { accountRoutes } from './http/routes/account.ts'
import { archiveUploadRoutes } from './http/routes/archive-uploads.ts'
import { archiveRoutes } from './http/routes/archives.ts'
import { auditRoutes } from './http/routes/audit.ts'
import { bulkRoutes } from './http/routes/bulk.ts'
import { containerCreateRoutes } from './http/routes/container-create.ts'
import { containerDetailRoutes } from './http/routes/container-details.ts'
import { containerRoutes } from './http/routes/containers.ts'
import { fileRoutes } from './http/routes/files.ts'
import { fleetRoutes } from './http/routes/fleet.ts'
import { healthRoutes } from './http/routes/health.ts'
import { hostRoutes } from './http/routes/hosts.ts'
import { imageBuildRoutes } from './http/routes/image-build.ts'
import { imageCopyRoutes } from './http/routes/image-copy.ts'
import { imageRoutes } from './http/routes/images.ts'
import { logRoutes } from './http/routes/logs.ts'
import { oidcRoutes } from './http/routes/oidc.ts'
import { pruneRoutes } from './http/routes/prune.ts'
import { registryRoutes } from './http/routes/registries.ts'
import { secondFactorRoutes } from './http/routes/second-factors.ts'
import { setupRoutes } from './http/routes/setup.ts'
import { taskRoutes } from './http/routes/tasks.ts'
import { updateRoutes } from './http/routes/updates.ts'
import { userRoutes } from './http/routes/users.ts'
import { createHttpServer } from './http/server.ts'
import { createImageArchives } from './images/archives.ts'
import { buildTask, followBuilds } from './images/build.ts'
import { createBuildContexts } from './images/build-contexts.ts'
import { createBuildOutputs } from './images/build-output.ts'
import { copyTask } from './images/copy.ts'
import { createImageService } from './images/service.ts'
import { pullTask, pushTask } from './images/transfer.ts'
import { createLive, type Live } from './live/index.ts'
import type { Log } from './log.ts'
import { createLogService, type LogService } from './logs/service.ts'
import { createPolicy } from './policy/index.ts'
import { createPruneService, pruneTask } from './prune/service.ts'
import { createRegistryRepository } from './registries/repository.ts'
import { createRegistryService, type RegistryService } from './registries/service.ts'
import { createUpdateCheck } from './registries/update-check.ts'
import { openVault } from './secrets/data-key.ts'
import { readKey } from './secrets/key-file.ts'
import { recordRotation } from './secrets/rotate.ts'
import { createStats, type StatsService } from './stats/index.ts'
import { createTasks } from './tasks/index.ts'
import type { RunningTasks } from './tasks/service.ts'
import { createSocketDispatcher, type SocketDefinition } from './ws/connection.ts'
import { liveSocket } from './ws/live.ts'
import { logSocket } from './ws/logs.ts'
import { statsSocket } from './ws/stats.ts'
import { taskSocket } from './ws/tasks.ts'
import { terminalSocket } from './ws/terminal.ts'

export interface App {
  config: Config
  db: Database
  audit: ShippedAuditLog
  identity: Identity
  access: Access
  setup: Setup
  hosts: Hosts
  live: Live
  registries: RegistryService
  tasks: RunningTasks
  stats: StatsService
  logs: LogService
  routes: readonly AnyRoute[]
  sockets: readonly SocketDefinition[]
  /** Resolves with the port. */
  listen(): Promise<number>
  /** In order: no new requests, sockets told to come back, engines let go, database closed. */
  close(): Promise<void>
}

/**
 * The composition root: every service is made once, here, and handed down. Throws StartError with one line for a person.
 * @param options.pages false leaves Next out, for tests of the API.
 * @param options.jsonDeadlineMs milliseconds for a JSON body to arrive; tests don't wait the usual half minute.
 */
export async function createApp(
  config: Config,
  log: Log,
  options: { pages: boolean; jsonDeadlineMs?: number } = { pages: true },
): Promise<App> {
  const { databaseExists } = prepareDataFolder(config.dataFolder)
  const masterKey = readKey(config, databaseExists)
  const database = await openDatabase(config.dataFolder)
  const vault = openVault(config, database.raw, masterKey)
  const auditLog = shipAudit(openAudit(config.dataFolder, log), config, database.db, log)
  const { audit } = auditLog
  await recordRotation(database.db, audit)
  const grants = await createGrants(database.db)
  for (const role of unknownRoles(config.oidc, grants))
    log.warn({ role }, 'ROADSTEAD_OIDC_ROLES names a role that is not here: it gives nothing to anybody')
  const hosts = await createHosts({ config, db: database.db, vault, log })
  const live = createLive(hosts.registry, log)
  const access = createAccess({
    grants,
    registry: hosts.registry,
    fleet: live.fleet,
  })
  // What only asks whether somebody may is no denial.
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
  const identity = await createIdentity({
    ...{ config, db: database.db, raw: database.raw, vault, authorize: decide },
  })
  const setup = await createSetup(database.db, identity)
  const secure = config.publicUrl?.protocol === 'https:'
  const tickets = createTickets({ db: database.db, vault, basePath: config.basePath, secure })
  const passkeys = createPasskeys(database.db, tickets, config.oidc?.issuer.href ?? null)
  const signIn = createSignIn({ identity, tickets, passkeys, localSignIn: config.localSignIn })
  const tasks = await createTasks({ db: database.db, vault, authorize, access, audit, log })
  const stats = createStats({ registry: hosts.registry, fleet: live.fleet, authorize, log })
  const { sightOf, authorizeChange } = access
  const services = { fleet: live.fleet, registry: hosts.registry, authorize, sightOf, authorizeChange }
  const containers = createContainerService(services)
  tasks.define(bulkTask({ ...services, containers }))
  tasks.define(pruneTask(services))
  tasks.define(waitTask(services))
  const asking = { ...services, authorize: decide }
  const images = createImageService(asking)
  const logs = createLogService({ ...asking, onChanged: access.onChanged })

  const registries = createRegistryService(createRegistryRepository(database.db, vault))
  const making = { ...services, registries, policy }
  tasks.define(createTask(making))
  tasks.define(recreateTask(making))
  tasks.define(pullTask(making))
  tasks.define(pushTask(making))
  tasks.define(copyTask(services))
  const library = await createArchiveLibrary({
    ...{ repository: createArchiveRepository(database.db), dataFolder: config.dataFolder, log },
  })
  tasks.define(loadTask({ registry: hosts.registry, library }))
  const contexts = createBuildContexts(join(config.dataFolder, 'builds'))
  const outputs = createBuildOutputs()
  tasks.define(buildTask({ ...making, contexts, outputs }))
  followBuilds(tasks, contexts)
  const updates = await createUpdateCheck({ db: database.db, fleet: live.fleet, registries })

  const terminals = terminalSocket({ ...services, access, policy, audit, log })
  const guard = createGuard(config)
  const users = createUsers(database.db, identity, grants, config.oidc)
  const oidc =
    config.oidc &&
    createOidcSignIn({
      ...{ db: database.db, identity, users, grants, linkByEmail: config.oidc.linkByEmail },
      mayLocally: (email) => config.localSignIn === null || config.localSignIn.includes(email),
      oidc: createOidc(config.oidc, tickets),
    })
  const links = createLinks(database.db, identity, signIn)
  grants.onChanged((change) => 'userId' in change && identity.rightsChanged(change))
  const previews = createPreviews({ access, identity, users })
  identity.onEnded(previews.end)
  identity.onEnded((ended) => 'userId' in ended && tasks.endOf(ended.userId))
  const liveUpdates = liveSocket(live.fleet, access)
  const statsUpdates = statsSocket({ stats, fleet: live.fleet, access })
  const sockets = createSocketDispatcher(
    [liveUpdates, taskSocket(tasks, access), statsUpdates, logSocket(logs), terminals],
    {
      guard,
      identity,
      authorize,
      access,
      audit,
      log,
    },
  )
  const routes = [
    ...healthRoutes(database.db),
    ...setupRoutes({ setup, guard, access }),
    ...accountRoutes({ identity, signIn, oidc, guard, access, config }),
    ...secondFactorRoutes({ identity, users, signIn, passkeys, oidc, guard }),
    ...(oidc ? oidcRoutes({ oidc, guard, access, config }) : []),
    ...userRoutes({ users, links, guard, config, access }),
    ...accessRoutes({ access, grants, users, previews, registry: hosts.registry }),
    ...hostRoutes(hosts, sightOf),
    ...containerRoutes(containers, services),
    ...containerDetailRoutes(createContainerDetails({ ...services, policy }), tasks),
    ...containerCreateRoutes(createCreateService({ ...services, tasks })),
    ...fileRoutes(createFileService({ ...services, policy })),
    ...imageRoutes(images, services, tasks),
    ...imageCopyRoutes(createImageArchives(services), tasks),
    ...archiveRoutes(library, tasks),
    ...archiveUploadRoutes(library, config.basePath),
    ...imageBuildRoutes({ contexts, outputs, tasks }),
    ...pruneRoutes(createPruneService({ ...services, tasks })),
    ...registryRoutes(registries),
    ...taskRoutes(tasks),
    ...bulkRoutes(createBulkService({ ...asking, tasks })),
    ...logRoutes(logs),
    ...updateRoutes(updates, sightOf),
    ...fleetRoutes(services),
    ...auditRoutes(auditLog),
  ]
  const gateway = createGateway({
    ...{ guard, identity, audit, access, registry: hosts.registry, fleet: live.fleet, policy, log },
    authorize: audit.recording((principal, permission, target = {}) => {
      decide(principal, permission, target)
      // A denial of some containers is none of the whole host, but what acts on all of them acts on these.
      if (target.whole && target.hostId && !access.sightOf(principal).mayWhole(permission, target.hostId))
        throw new AppError('denied', { hostId: target.hostId, params: { permission } })
    }),
  })
  const pages = options.pages ? await createPages(config, join(import.meta.dirname, '..')) : null
  const http = createHttpServer({
    config,
    log,
    identity,
    ...{ authorize, access },
    audit,
    nameOf: namesOf(live.fleet),
    guard,
    routes,
    sockets,
    gateway,
    pages,
    setupNeeded: setup.needed,
    jsonDeadlineMs: options.jsonDeadlineMs,
  })

  return {
    ...{
      config,
      db: database.db,
      audit: auditLog,
      identity,
      access,
      setup,
      hosts,
      live,
      registries,
      tasks,
      stats,
      logs,
      routes,
      sockets: sockets.definitions,
    },
    listen: () => http.listen(),
    async close() {
      sockets.close()
      gateway.close()
      await http.close()
      liveUpdates.stop()
      statsUpdates.stop()
      stats.stop()
      live.stop()
      hosts.registry.stop()
      await tasks.stop()
      await library.stop()
      contexts.stop()
      updates.stop()
      await registries.close()
      await pages?.close()
      await auditLog.stopShipping()
      auditLog.close()
      await database.close()
    },
  }
}
