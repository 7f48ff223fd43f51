import type { Database } from '../db/schema.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../secrets/vault.ts'
import { createHostRepository, type HostRepository } from './host-repository.ts'
import { createRegistry, type RunningRegistry } from './registry.ts'

export interface Hosts {
  registry: RunningRegistry
  repository: HostRepository
}

/** Reads the registered hosts and begins to connect to them. */
export async function createHosts(parts: { db: Database; vault: Vault; log: Log }): Promise<Hosts> {
  const repository = createHostRepository(parts.db, parts.vault, ({ error, ...host }) =>
    parts.log.error(
      { err: error, ...host },
      'the row of a host is damaged: it is left out until it is mended',
    ),
  )
  const registry = createRegistry(await repository.all(), parts.log, (hostId, identity) => {
    repository
      .identify(hostId, identity)
      .catch((error) => parts.log.error({ err: error, hostId }, 'the engine of a host could not be stored'))
  })
  return { registry, repository }
}
