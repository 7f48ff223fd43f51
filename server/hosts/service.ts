import type {
  DiscoveredEngine,
  Host,
  HostInput,
  HostPatch,
  TestEvent,
  TransportInput,
} from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import { testConnection } from './connection-test.ts'
import type { Discovery } from './discovery.ts'
import type { RunningRegistry } from './registry.ts'
import type { HostRepository } from './repository.ts'
import { checkTransport, keepSecrets } from './transport-secrets.ts'

export interface HostService {
  add(input: HostInput): Promise<Host>
  edit(hostId: string, patch: HostPatch): Promise<Host>
  remove(hostId: string): Promise<void>
  setPaused(hostId: string, paused: boolean): Promise<Host>
  reconnect(hostId: string): Host
  /** Secrets left out are taken from the stored host, where it is the same machine. */
  test(transport: TransportInput, hostId: string | undefined, signal: AbortSignal): AsyncIterable<TestEvent>
  discovered(): Promise<DiscoveredEngine[]>
  addDiscovered(key: string, input: { name?: string; tags: string[] }): Promise<Host>
}

export function createHostService(
  repository: HostRepository,
  registry: RunningRegistry,
  discovery: Discovery,
): HostService {
  /** A host is stored only with material that can work, and an SSH host only with the key a person accepted. */
  const check = (transport: TransportInput) => {
    checkTransport(transport)
    if (transport.kind !== 'ssh') return
    for (const hop of [transport, transport.jump]) {
      if (hop && !hop.hostKey) throw new AppError('ssh_host_key_unknown', { params: { host: hop.host } })
    }
  }
  const add = async (input: HostInput) => {
    check(input.transport)
    return registry.add(await repository.insert(input))
  }
  return {
    add,
    async edit(hostId, patch) {
      const stored = registry.stored(hostId)
      const transport = patch.transport ? keepSecrets(patch.transport, stored.transport) : stored.transport
      if (patch.transport) check(transport)
      const next = { ...stored, name: patch.name ?? stored.name, tags: patch.tags ?? stored.tags, transport }
      await repository.update(next)
      return registry.update(next)
    },
    async remove(hostId) {
      registry.stored(hostId)
      await repository.remove(hostId)
      registry.remove(hostId)
    },
    async setPaused(hostId, paused) {
      const next = { ...registry.stored(hostId), paused }
      await repository.update(next)
      return registry.update(next)
    },
    reconnect(hostId) {
      registry.reconnect(hostId)
      return registry.get(hostId)
    },
    test(transport, hostId, signal) {
      const complete = hostId ? keepSecrets(transport, registry.stored(hostId).transport) : transport
      return testConnection(complete, signal)
    },
    discovered: () => discovery.find(registry.list()),
    async addDiscovered(key, input) {
      if (!discovery.candidate(key)) await discovery.find(registry.list())
      const candidate = discovery.candidate(key)
      if (!candidate) throw new AppError('not_found', { objectId: key })
      return add({ name: input.name ?? candidate.name, tags: input.tags, transport: candidate.transport })
    },
  }
}
