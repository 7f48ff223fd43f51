import type { Config } from '../config.ts'
import type { Database } from '../db/schema.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../secrets/vault.ts'
import { createDiscovery } from './discovery.ts'
import { createRegistry, type RunningRegistry } from './registry.ts'
import { createHostRepository } from './repository.ts'
import { createHostService, type HostService } from './service.ts'

export interface Hosts {
  registry: RunningRegistry
  service: HostService
}

/** Reads the registered hosts and begins to connect to them. */
export async function createHosts(parts: {
  config: Config
  db: Database
  vault: Vault
  log: Log
}): Promise<Hosts> {
  const repository = createHostRepository(parts.db, parts.vault)
  const registry = createRegistry(await repository.all(), parts.log)
  const discovery = createDiscovery(process.env, parts.config.labState, parts.log)
  return { registry, service: createHostService(repository, registry, discovery) }
}
