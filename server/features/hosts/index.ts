import type { Access } from '../../access/access.ts'
import type { Config } from '../../config.ts'
import type { Hosts } from '../../fleet/hosts.ts'
import type { Log } from '../../log.ts'
import type { Authorize } from '../../principal/principal.ts'
import { createDiscovery } from './discovery.ts'
import { hostRoutes } from './routes.ts'
import { createHostService } from './service.ts'

/** Registering engines: testing, finding and changing them. */
export function hostsFeature(parts: {
  config: Config
  hosts: Hosts
  access: Access
  /** Without a word in the audit log. */
  decide: Authorize
  log: Log
}) {
  const { config, hosts, access, decide, log } = parts
  const discovery = createDiscovery(process.env, config.labState, log)
  const service = createHostService(hosts.repository, hosts.registry, discovery, access)
  return { service, routes: hostRoutes({ registry: hosts.registry, service }, access.visibilityOf, decide) }
}
