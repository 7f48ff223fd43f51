import { isDeepStrictEqual } from 'node:util'
import type {
  DiscoveredEngine,
  Host,
  HostInput,
  HostPatch,
  TestEvent,
  TransportInput,
} from '#lib/contracts/hosts.ts'
import type { Access } from '../../access/access.ts'
import { AppError } from '../../errors.ts'
import type { HostRepository, StoredHost } from '../../fleet/host-repository.ts'
import type { RunningRegistry } from '../../fleet/registry.ts'
import { checkTransport, keepSecrets, splitSecrets } from '../../fleet/transport-secrets.ts'
import type { Principal } from '../../principal/principal.ts'
import { testConnection } from './connection-test.ts'
import type { Discovery } from './discovery.ts'

export type HostAccess = Pick<Access, 'authorizeHostChange'>

export interface HostService {
  /**
   * This, `edit` and `addDiscovered` throw host_access_would_change for who would widen their own rights by it.
   * @param handsOut whether who adds it may hand out accounts of registries: nobody else's host gets any.
   */
  add(principal: Principal, input: HostInput, handsOut: boolean): Promise<Host>
  /**
   * A connection that somebody else leads elsewhere gets accounts no more, until who may hand them out saves it; nor does
   * a tag that somebody else gives.
   */
  edit(principal: Principal, hostId: string, patch: HostPatch, handsOut: boolean): Promise<Host>
  remove(hostId: string): Promise<void>
  setPaused(hostId: string, paused: boolean): Promise<Host>
  reconnect(hostId: string): Host
  /** Secrets left out are taken from the stored host, where it is the same machine. */
  test(transport: TransportInput, hostId: string | undefined, signal: AbortSignal): AsyncIterable<TestEvent>
  discovered(): Promise<DiscoveredEngine[]>
  addDiscovered(
    principal: Principal,
    key: string,
    input: { name?: string; tags: string[] },
    handsOut: boolean,
  ): Promise<Host>
}

/** Whether they lead to the same end with the same secrets; absent is as undefined. */
const isSameWay = (one: TransportInput, other: TransportInput) =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)))

export function createHostService(
  repository: HostRepository,
  registry: RunningRegistry,
  discovery: Discovery,
  access: HostAccess,
): HostService {
  /** A host is stored only with material that can work, and an SSH host only with the key a person accepted. */
  const check = (transport: TransportInput) => {
    checkTransport(transport)
    if (transport.kind !== 'ssh') return
    for (const hop of [transport, transport.jump]) {
      if (hop && !hop.hostKey) throw new AppError('ssh_host_key_unknown', { params: { host: hop.host } })
    }
  }
  const add = async (principal: Principal, input: HostInput, handsOut: boolean) => {
    access.authorizeHostChange(principal, { after: { id: '', tags: input.tags }, leadsElsewhere: true })
    check(input.transport)
    return registry.add(
      await repository.insert({ ...input, ...(handsOut ? { accountTags: input.tags } : {}) }),
    )
  }
  return {
    add,
    async edit(principal, hostId, patch, handsOut) {
      const stored = registry.stored(hostId)
      const transport = patch.transport ? keepSecrets(patch.transport, stored.transport) : stored.transport
      if (patch.transport) check(transport)
      const tags = patch.tags ?? stored.tags
      access.authorizeHostChange(principal, {
        before: stored,
        after: { id: hostId, tags },
        leadsElsewhere: patch.transport !== undefined && !isSameWay(transport, stored.transport),
      })
      const { accountTags, ...rest } = stored
      const isSame = isDeepStrictEqual(splitSecrets(transport).open, splitSecrets(stored.transport).open)
      const isVouchedFor =
        (handsOut && patch.transport !== undefined) || (accountTags !== undefined && isSame)
      const known = tags.filter((tag) => (handsOut && patch.tags) || accountTags?.includes(tag))
      const next: StoredHost = {
        ...rest,
        name: patch.name ?? stored.name,
        tags,
        transport,
        ...(isVouchedFor ? { accountTags: known } : {}),
      }
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
    async addDiscovered(principal, key, input, handsOut) {
      if (!discovery.candidate(key)) await discovery.find(registry.list())
      const candidate = discovery.candidate(key)
      if (!candidate) throw new AppError('not_found', { objectId: key })
      const { name = candidate.name, tags } = input
      return add(principal, { name, tags, transport: candidate.transport }, handsOut)
    },
  }
}
