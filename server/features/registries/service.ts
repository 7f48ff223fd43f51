import { X509Certificate } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { ImageMatch, ImageMatches } from '#lib/contracts/image-search.ts'
import type { NamePage, Registry, RegistryManifest, registryInputSchema } from '#lib/contracts/registries.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { sentence } from '../../messages.ts'
import { Publisher, type Subscribe } from '../../publisher.ts'
import { type AccountHost, type HostAccount, isGivenTo } from './accounts.ts'
import { createRegistryClient, type RegistryClient } from './client.ts'
import type { RegistryEndpoint } from './exchange.ts'
import { readManifest } from './manifest.ts'
import { canonicalAddress, dockerHub, registryReference } from './reference.ts'
import type { NewRegistry, RegistryRepository, StoredRegistry } from './repository.ts'

type Input = z.output<typeof registryInputSchema>

/** The distribution API has no search: its catalogue is read, so many names and so many pages at most. */
const pageNames = 1000
const mostPages = 20
const mostMatches = 50

export interface RemoteImage {
  digest: string
  /** Null of an index. */
  configDigest: string | null
}

export interface RegistryService {
  list(): Promise<Registry[]>
  /** Throws registry_address_taken, registry_insecure, pem_invalid. */
  add(input: Input): Promise<Registry>
  edit(id: string, input: Input): Promise<Registry>
  remove(id: string): Promise<void>
  /** Reaches it and signs in, with what is stored where the input leaves it out. Throws what is wrong. */
  test(input: Input, id: string | undefined, signal: AbortSignal): Promise<void>
  repositories(id: string, page: { n: number; last?: string }, signal: AbortSignal): Promise<NamePage>
  /** Repositories with the term in their name. Throws what the registry says, and registry_no_catalog where it has no list. */
  search(id: string, term: string, signal: AbortSignal): Promise<ImageMatches>
  tags(
    id: string,
    repository: string,
    page: { n: number; last?: string },
    signal: AbortSignal,
  ): Promise<NamePage>
  manifest(id: string, repository: string, reference: string, signal: AbortSignal): Promise<RegistryManifest>
  /**
   * The account for a pull or push of that reference at a host, where the host is given the one of its registry. The
   * engine uses it once and keeps nothing: no host is logged in.
   */
  accountFor(reference: string, hostId: string): Promise<HostAccount>
  /**
   * The X-Registry-Config header for a build at a host: of what the host is given the accounts of those images'
   * registries, or all for 'all', which is for who may edit registries to say. Undefined where there are none.
   */
  buildAuth(images: readonly string[] | 'all', hostId: string): Promise<string | undefined>
  /** The digest that a reference's tag has in its registry now; null when it is not there. */
  remoteDigest(reference: string, signal: AbortSignal): Promise<string | null>
  /** The digests of a tag's manifest in its registry now and of the configuration that this names; null when it is not there. */
  remoteImage(reference: string, signal: AbortSignal): Promise<RemoteImage | null>
  /** Calls back with the address of a registry whose account was added, changed or removed. Returns the end of it. */
  onChange: Subscribe<string>
  close(): Promise<void>
}

/** @param hostOf a host as accounts are given to it; undefined when it is not registered. */
export function createRegistryService(
  registries: RegistryRepository,
  hostOf: (hostId: string) => AccountHost | undefined,
  log: Log,
): RegistryService {
  const clients = new Map<string, { client: RegistryClient; endpoint: RegistryEndpoint }>()
  const changes = new Publisher<string>(log)
  const forget = async (address: string) => {
    const known = clients.get(address)
    clients.delete(address)
    await known?.client.close()
  }
  /** With its tokens, for as long as what is stored stays the same: also what was read before a change may come after it. */
  const clientOf = ({ address, scheme, ca, username, password }: RegistryEndpoint): RegistryClient => {
    const endpoint: RegistryEndpoint = {
      address,
      scheme,
      ...(ca === undefined ? {} : { ca }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    }
    const known = clients.get(address)
    if (known && isDeepStrictEqual(known.endpoint, endpoint)) return known.client
    const client = createRegistryClient(endpoint)
    clients.set(address, { client, endpoint })
    void known?.client.close()
    return client
  }
  const changed = async (...addresses: string[]) => {
    for (const address of new Set(addresses)) {
      await forget(address)
      changes.publish(address)
    }
  }
  const stored = async (id: string) => clientOf(await registries.get(id))
  const endpointOf = async (address: string): Promise<RegistryEndpoint> =>
    (await registries.byAddress(address)) ?? { address, scheme: 'https' }
  const complete = (input: Input, before?: StoredRegistry): NewRegistry => {
    if (input.ca !== undefined && input.ca.trim() !== '') checkAuthority(input.ca)
    const address = canonicalAddress(input.address)
    // A stored password goes nowhere but to the address and account it was given for.
    const same =
      before?.address === address && before.scheme === input.scheme && before.username === input.username
    const password = input.username ? (input.password ?? (same ? before?.password : undefined)) : undefined
    if (password !== undefined && input.scheme === 'http' && !input.insecure) {
      const params = { registry: address }
      const fields = [{ path: 'insecure', message: sentence('registry_insecure', params) }]
      throw new AppError('registry_insecure', { params, fields })
    }
    return {
      address,
      scheme: input.scheme,
      hosts: input.hosts ?? before?.hosts ?? [{ kind: 'all' }],
      ...(input.ca?.trim() ? { ca: input.ca } : {}),
      ...(input.username ? { username: input.username } : {}),
      ...(password === undefined ? {} : { password }),
    }
  }
  return {
    list: async () => (await registries.all()).map(view),
    async add(input) {
      const added = await registries.insert(complete(input))
      // Its registry may have been asked as nobody until now.
      await changed(added.address)
      return view(added)
    },
    async edit(id, input) {
      const before = await registries.get(id)
      const after = { ...complete(input, before), id, createdAt: before.createdAt }
      await registries.update(after)
      await changed(before.address, after.address)
      return view(after)
    },
    async remove(id) {
      const before = await registries.get(id)
      await registries.remove(id)
      await changed(before.address)
    },
    async test(input, id, signal) {
      const client = createRegistryClient(complete(input, id ? await registries.get(id) : undefined))
      try {
        await client.check(signal)
      } finally {
        await client.close()
      }
    },
    repositories: async (id, page, signal) => (await stored(id)).repositories(page, signal),
    async search(id, term, signal) {
      const registry = await registries.get(id)
      const client = clientOf(registry)
      const wanted = term.toLowerCase()
      const matches: ImageMatch[] = []
      let last: string | undefined
      for (let page = 0; page < mostPages; page++) {
        const { items, next } = await client.repositories(
          { n: pageNames, ...(last === undefined ? {} : { last }) },
          signal,
        )
        for (const name of items.filter((item) => item.toLowerCase().includes(wanted)))
          matches.push({
            name: `${registry.address}/${name}`,
            description: '',
            stars: null,
            isOfficial: false,
          })
        if (matches.length > mostMatches) return { matches: matches.slice(0, mostMatches), isWhole: false }
        if (next === null) return { matches, isWhole: true }
        if (next === last) break
        last = next
      }
      return { matches, isWhole: false }
    },
    tags: async (id, repository, page, signal) => (await stored(id)).tags(repository, page, signal),
    manifest: async (id, repository, reference, signal) =>
      readManifest(await stored(id), repository, reference, signal),
    async accountFor(reference, hostId) {
      const { address } = registryReference(reference)
      const found = await registries.byAddress(address)
      if (!found?.username) return { auth: undefined, isWithheld: false }
      if (!isGivenTo(found.hosts, hostOf(hostId))) return { auth: undefined, isWithheld: true }
      return { auth: header(account(found)), isWithheld: false }
    },
    async buildAuth(images, hostId) {
      const wanted =
        images === 'all' ? null : new Set(images.map((image) => registryReference(image).address))
      const found = (await registries.all()).filter(
        ({ address, username, hosts }) =>
          username && isGivenTo(hosts, hostOf(hostId)) && (wanted === null || wanted.has(address)),
      )
      if (found.length === 0) return undefined
      return header(Object.fromEntries(found.map(account).map((one) => [one.serveraddress, one])))
    },
    async remoteDigest(text, signal) {
      const { address, repository, reference } = registryReference(text)
      return clientOf(await endpointOf(address)).digestOf(repository, reference, signal)
    },
    async remoteImage(text, signal) {
      const { address, repository, reference } = registryReference(text)
      try {
        const { digest, body } = await clientOf(await endpointOf(address)).manifest(
          repository,
          reference,
          signal,
        )
        const { digest: config } = (body.config ?? {}) as { digest?: unknown }
        return { digest, configDigest: typeof config === 'string' ? config : null }
      } catch (error) {
        if (error instanceof AppError && error.code === 'repository_not_found') return null
        throw error
      }
    },
    onChange: changes.subscribe,
    async close() {
      await Promise.all([...clients.keys()].map(forget))
    },
  }
}

function account({ address, username = '', password = '' }: StoredRegistry) {
  // Docker Hub's account is known to engines by its old address.
  return {
    username,
    password,
    serveraddress: address === dockerHub ? 'https://index.docker.io/v1/' : address,
  }
}

function header(value: object): string {
  // Padded: Docker 20.10 drops a header without padding and pulls as nobody.
  const text = Buffer.from(JSON.stringify(value)).toString('base64')
  return text.replaceAll('+', '-').replaceAll('/', '_')
}

function view({ id, address, scheme, ca, username, password, hosts, createdAt }: StoredRegistry): Registry {
  return {
    id,
    address,
    scheme,
    hosts,
    createdAt,
    ca: ca ?? null,
    username: username ?? null,
    hasPassword: password !== undefined,
    insecure: scheme === 'http' && password !== undefined,
  }
}

function checkAuthority(pem: string): void {
  try {
    void new X509Certificate(pem)
  } catch (cause) {
    throw new AppError('pem_invalid', {
      params: { field: 'ca' },
      fields: [{ path: 'ca', message: sentence('pem_invalid', { field: 'ca' }) }],
      cause,
    })
  }
}
