import type { Core } from './core.ts'
import { accountFeature } from './features/account/index.ts'
import { archivesFeature } from './features/archives/index.ts'
import { attentionFeature } from './features/attention/index.ts'
import { auditLogFeature } from './features/audit-log/index.ts'
import { containersFeature } from './features/containers/index.ts'
import { diskFeature } from './features/disk/index.ts'
import { engineAddressesFeature } from './features/engine-addresses/index.ts'
import { filesFeature } from './features/files/index.ts'
import { healthFeature } from './features/health/index.ts'
import { hostsFeature } from './features/hosts/index.ts'
import { imagesFeature } from './features/images/index.ts'
import { logsFeature } from './features/logs/index.ts'
import { overviewFeature } from './features/overview/index.ts'
import { registriesFeature } from './features/registries/index.ts'
import { setupFeature } from './features/setup/index.ts'
import { statsFeature } from './features/stats/index.ts'
import { taskListFeature } from './features/task-list/index.ts'
import { terminalFeature } from './features/terminal/index.ts'
import { usersFeature } from './features/users/index.ts'
import { volumesFeature } from './features/volumes/index.ts'
import type { Engines } from './gateway/engines.ts'
import type { Feature } from './web/feature.ts'

/** Every feature by its name, and the services of some that tests and the server itself look at. */
export async function createFeatures(core: Core, engines: Engines | null) {
  const { db } = core.database
  const { registry } = core.hosts
  const { fleet } = core.live
  const { audit } = core.auditLog
  const { visibilityOf } = core.access
  const parts = { ...core, db, registry, fleet, audit, visibilityOf }
  const hosts = hostsFeature(core)
  const registries = await registriesFeature(parts)
  const stats = statsFeature(parts)
  const logs = logsFeature(parts)
  const features = {
    health: healthFeature(parts),
    setup: setupFeature(core),
    account: accountFeature(core),
    users: usersFeature(parts),
    hosts,
    overview: overviewFeature(parts),
    containers: containersFeature({ ...parts, registries: registries.registries }),
    files: filesFeature(parts),
    terminals: await terminalFeature(parts),
    logs,
    stats,
    images: imagesFeature({ ...parts, registries: registries.registries }),
    archives: await archivesFeature(parts),
    registries,
    volumes: volumesFeature(parts),
    disk: diskFeature(parts),
    tasks: taskListFeature(core),
    attention: await attentionFeature(parts),
    'engine addresses': engineAddressesFeature({ ...parts, engines }),
    'audit log': auditLogFeature(parts),
  } satisfies Readonly<Record<string, Feature>>
  return {
    features,
    hosts: hosts.service,
    registries: registries.registries,
    stats: stats.stats,
    logs: logs.logs,
  }
}
