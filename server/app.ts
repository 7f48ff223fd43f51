import { join } from 'node:path'
import type { ShippedAuditLog } from './audit/index.ts'
import type { Config } from './config.ts'
import { type Core, createCore } from './core.ts'
import type { Database } from './db/schema.ts'
import type { HostService } from './features/hosts/service.ts'
import type { LogService } from './features/logs/service.ts'
import type { RegistryService } from './features/registries/service.ts'
import type { StatsService } from './features/stats/service.ts'
import { createFeatures } from './features.ts'
import type { RunningRegistry } from './fleet/registry.ts'
import { createDoors } from './gateway/doors.ts'
import { createPages } from './http/pages.ts'
import { createHttpServer } from './http/server.ts'
import type { PasswordHashing } from './identity/identity.ts'
import type { Log } from './log.ts'
import { closeInOrder } from './shutdown.ts'
import { createSocketDispatcher } from './web/connection.ts'
import type { AnyRoute } from './web/define-route.ts'
import type { SocketDefinition } from './web/define-socket.ts'
import type { Feature } from './web/feature.ts'
import { liveSocket } from './web/live-socket.ts'
import { namesOf } from './web/recorded.ts'

export interface App extends Pick<Core, 'config' | 'identity' | 'access' | 'setup' | 'live' | 'tasks'> {
  db: Database
  audit: ShippedAuditLog
  hosts: { registry: RunningRegistry; service: HostService }
  registries: RegistryService
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
 * The server: what all features stand on, the features, and the doors through which they are reached. Throws StartError
 * with one line for a person.
 * @param options.pages false leaves Next out, for tests of the API.
 * @param options.jsonDeadlineMs milliseconds for a JSON body to arrive; tests don't wait the usual half minute.
 * @param options.passwords how passwords are hashed; scrypt without it, of which one is a quarter second of a core.
 */
export async function createApp(
  config: Config,
  log: Log,
  options: { pages: boolean; jsonDeadlineMs?: number; passwords?: PasswordHashing | undefined } = {
    pages: true,
  },
): Promise<App> {
  const core = await createCore(config, log, options.passwords)
  const { database, auditLog, live, tasks, setup } = core
  const { db } = database
  const { registry } = core.hosts
  const { fleet } = live
  const { audit } = auditLog
  const parts = { ...core, db, registry, fleet, audit }
  const { gateway, engines } = await createDoors(core)

  const { features, hosts, registries, stats, logs } = await createFeatures(core, engines)
  const all: readonly Feature[] = Object.values(features)
  for (const kind of all.flatMap((feature) => feature.tasks ?? [])) tasks.define(kind)
  tasks.takeUp()

  const routes = all.flatMap((feature) => feature.routes)
  const topics = all.flatMap((feature) => feature.topics ?? [])
  const sockets = createSocketDispatcher(
    [...all.flatMap((feature) => feature.sockets ?? []), liveSocket(topics, parts)],
    parts,
  )
  const pages = options.pages ? await createPages(config, join(import.meta.dirname, '..')) : null
  const http = createHttpServer({
    ...parts,
    nameOf: namesOf(fleet),
    routes,
    sockets,
    gateway,
    engines: engines?.addresses ?? null,
    pages,
    setupNeeded: setup.needed,
    jsonDeadlineMs: options.jsonDeadlineMs,
  })

  return {
    ...core,
    db,
    audit: auditLog,
    hosts: { registry, service: hosts },
    registries,
    stats,
    logs,
    routes,
    sockets: sockets.definitions,
    async listen() {
      // First, as what is already in use there stops the start.
      await engines?.listen()
      return http.listen()
    },
    close: () =>
      closeInOrder(
        [
          ['sockets', () => sockets.close()],
          ['gateway', () => gateway.close()],
          ['http', () => http.close()],
          ['engines', () => engines?.close()],
          // While their hosts can still be reached: what is half done is finished or undone.
          ['tasks', () => tasks.stop()],
          ...Object.entries<Feature>(features).map(
            ([name, feature]) => [name, () => feature.close?.()] as const,
          ),
          ['live', () => live.stop()],
          ['hosts', () => registry.stop()],
          ['pages', () => pages?.close()],
          ['shipping', () => auditLog.stopShipping()],
          ['audit', () => auditLog.close()],
          ['folder watch', () => core.dataFolder.stop()],
          ['database', () => database.close()],
        ],
        log,
      ),
  }
}
