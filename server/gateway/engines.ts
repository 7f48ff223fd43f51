import type { NewToken } from '#lib/contracts/account.ts'
import type { EngineAddress, MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { Log } from '../log.ts'
import type { Principal } from '../principal/principal.ts'
import type { Vault } from '../secrets/vault.ts'
import { openAuthority } from './authority.ts'
import { createEngineAddresses, type EngineAddresses } from './engine-addresses.ts'
import { createEngineListener } from './engine-listener.ts'
import type { Gateway } from './index.ts'

/** Addresses of engines without a path, their listener, and the certificates for it. */
export interface Engines {
  addresses: EngineAddresses
  /** Throws StartError where its port is not free. */
  listen(): Promise<void>
  close(): Promise<void>
  /** Where clients find a host. */
  addressOf(host: Pick<Host, 'id' | 'name'>): EngineAddress
  /** For one host and one person. The private key is told this once. Throws denied; engines_off where a proxy ends TLS. */
  makeCertificate(principal: Principal, input: NewToken & { hostId: string }): Promise<MadeCertificate>
}

/** Null where they are off. */
export async function createEngines(parts: {
  config: Config
  db: Database
  vault: Vault
  gateway: Gateway
  tokens: Tokens
  registry: Pick<HostRegistry, 'list'>
  log: Log
}): Promise<Engines | null> {
  const { config, tokens } = parts
  const { engines: settings } = config
  if (settings === null) return null
  const addresses = createEngineAddresses({ ...parts, settings })
  const authority = settings.listener && (await openAuthority(parts.db, parts.vault))
  const listener =
    settings.listener &&
    authority &&
    (await createEngineListener({
      settings: { ...settings, listener: settings.listener },
      authority,
      addresses,
      log: parts.log,
    }))
  let port = proxyPort(config)
  return {
    addresses,
    async listen() {
      if (listener) port = await listener.listen()
    },
    close: async () => listener?.close(),
    addressOf(host) {
      const { domain } = settings
      const isTls = listener !== null || config.publicUrl?.protocol === 'https:'
      const hostname =
        domain === null ? (settings.addresses[0] as string) : `${addresses.labelFor(host)}.${domain}`
      return { hostname, port, isNamed: domain !== null, isTls, authority: authority?.certificate ?? null }
    },
    async makeCertificate(principal, input) {
      if (!authority) throw new AppError('engines_off')
      const until = new Date(Date.now() + input.hours * 3_600_000)
      const { certificate, key, sha256 } = await authority.issueClient(input.hostId, until)
      const kept = await tokens.keepCertificate(principal, { ...input, sha256 })
      return { ...kept, authority: authority.certificate, certificate, key }
    },
  }
}

/** Where a proxy that ends TLS is taken to listen. */
const proxyPort = ({ publicUrl, port }: Config) =>
  publicUrl === null ? port : Number(publicUrl.port || (publicUrl.protocol === 'https:' ? 443 : 80))
