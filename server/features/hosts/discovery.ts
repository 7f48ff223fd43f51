import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import {
  type DiscoveredEngine,
  hostNameSchema,
  type TransportInput,
  transportInputSchema,
} from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../../engine/client.ts'
import { AppError } from '../../errors.ts'
import { addressOf, toSpec } from '../../fleet/transport-secrets.ts'
import type { Log } from '../../log.ts'
import { sentence } from '../../messages.ts'
import { openTransport } from '../../transport/index.ts'
import { readLabEngines } from './lab-engines.ts'

export interface Candidate {
  source: DiscoveredEngine['source']
  name: string
  transport: TransportInput
}

/** What clients wrote into their files goes through the same checks as what a person types. */
const candidateSchema = z.object({ name: hostNameSchema, transport: transportInputSchema })

export interface Discovery {
  /** Looks again at each call. Never throws: what cannot be read or reached says so. */
  find(registered: readonly { id: string; address: string }[]): Promise<DiscoveredEngine[]>
  /** The transport behind a key of the latest `find`. */
  candidate(key: string): Candidate | undefined
}

/** Engines of the machine that Roadstead runs on, as its own clients would find them. */
export function createDiscovery(
  environment: NodeJS.ProcessEnv,
  labState: string | null,
  log: Log,
): Discovery {
  let latest = new Map<string, Candidate>()
  return {
    async find(registered) {
      const byAddress = new Map<string, Candidate>()
      for (const source of sources(environment, labState)) {
        for (const candidate of source(log)) {
          if (!candidateSchema.safeParse(candidate).success) continue
          const address = realAddress(addressOf(candidate.transport))
          if (!byAddress.has(address)) byAddress.set(address, candidate)
        }
      }
      latest = new Map([...byAddress].map(([address, candidate]) => [keyOf(address), candidate]))
      return Promise.all(
        [...byAddress].map(async ([address, { source, name, transport }]) => ({
          key: keyOf(address),
          source,
          name,
          address,
          ...(await probe(transport)),
          registeredAs: registered.find((host) => realAddress(host.address) === address)?.id ?? null,
        })),
      )
    },
    candidate: (key) => latest.get(key),
  }
}

const keyOf = (address: string) => createHash('sha256').update(address).digest('hex').slice(0, 16)

/** /var/run is /run: the real path keeps one engine from showing twice. */
function realAddress(address: string): string {
  if (!address.startsWith('unix://')) return address
  try {
    return `unix://${realpathSync(address.slice('unix://'.length))}`
  } catch {
    return address
  }
}

/** Each source on its own: a file that one client garbled hides nothing of the others. */
function sources(environment: NodeJS.ProcessEnv, labState: string | null) {
  const home = environment.HOME ?? homedir()
  const dockerConfig = environment.DOCKER_CONFIG ?? join(home, '.docker')
  const podmanConfig = join(environment.XDG_CONFIG_HOME ?? join(home, '.config'), 'containers')
  const tries: Record<string, () => Candidate[]> = {
    DOCKER_HOST: () => dockerHost(environment, dockerConfig),
    sockets: () => sockets(environment),
    'Docker contexts': () => dockerContexts(join(dockerConfig, 'contexts')),
    'Podman connections': () => podmanConnections(podmanConfig),
    lab: () => readLabEngines(labState),
  }
  return Object.entries(tries).map(([source, read]) => (log: Log): Candidate[] => {
    try {
      return read()
    } catch (error) {
      log.warn({ source, reason: (error as Error).message }, 'engines of this machine could not be read')
      return []
    }
  })
}

/** With the certificates that the docker CLI would use for it. */
function dockerHost(environment: NodeJS.ProcessEnv, dockerConfig: string): Candidate[] {
  const transport = environment.DOCKER_HOST ? parseEngineUrl(environment.DOCKER_HOST) : null
  if (!transport) return []
  const secured = transport.kind === 'tcp' && (environment.DOCKER_TLS_VERIFY || environment.DOCKER_TLS)
  return [
    {
      source: 'DOCKER_HOST',
      name: 'DOCKER_HOST',
      transport: secured ? withTls(transport, environment.DOCKER_CERT_PATH ?? dockerConfig) : transport,
    },
  ]
}

function withTls(transport: { host: string; port: number }, folder: string): TransportInput {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readText(join(folder, file)))
  return { kind: 'tls', host: transport.host, port: transport.port, ca, cert, key }
}

function sockets(environment: NodeJS.ProcessEnv): Candidate[] {
  const runtime = environment.XDG_RUNTIME_DIR
  const paths = ['/var/run/docker.sock', '/run/podman/podman.sock']
  if (runtime) paths.push(join(runtime, 'docker.sock'), join(runtime, 'podman/podman.sock'))
  return paths.filter(existsSync).map((path) => ({
    source: 'socket',
    name: path.includes('podman') ? 'podman' : 'docker',
    transport: { kind: 'unix', socketPath: realpathSync(path) },
  }))
}

/** `unix://`, `tcp://`, `ssh://` as DOCKER_HOST, contexts and podman connections write them. */
export function parseEngineUrl(url: string): TransportInput | null {
  try {
    return transportOf(new URL(url))
  } catch {
    return null
  }
}

function transportOf(parsed: URL): TransportInput | null {
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  if (parsed.protocol === 'unix:') return { kind: 'unix', socketPath: decodeURIComponent(parsed.pathname) }
  if (parsed.protocol === 'tcp:' || parsed.protocol === 'http:') {
    return { kind: 'tcp', host, port: Number(parsed.port || 2375) }
  }
  if (parsed.protocol !== 'ssh:') return null
  const socketPath = parsed.pathname.length > 1 ? decodeURIComponent(parsed.pathname) : undefined
  const username = decodeURIComponent(parsed.username) || 'root'
  return { kind: 'ssh', host, port: Number(parsed.port || 22), username, auth: 'agent', socketPath }
}

/** meta/<id>/meta.json names the endpoint; the files of its TLS are in tls/ under the same id. */
function dockerContexts(contexts: string): Candidate[] {
  const folder = join(contexts, 'meta')
  return readFolder(folder).flatMap((id) => {
    const meta = readJson(join(folder, id, 'meta.json')) as
      | { Name?: string; Endpoints?: { docker?: { Host?: string } } }
      | undefined
    const transport = meta?.Endpoints?.docker?.Host && parseEngineUrl(meta.Endpoints.docker.Host)
    if (!meta?.Name || !transport) return []
    const tls = join(contexts, 'tls', id, 'docker')
    const secured = transport.kind === 'tcp' && existsSync(tls)
    return [
      {
        source: 'dockerContext' as const,
        name: meta.Name,
        transport: secured ? withTls(transport, tls) : transport,
      },
    ]
  })
}

/** Podman 5 keeps them in podman-connections.json; 4 in containers.conf, which Podman itself migrates. */
function podmanConnections(folder: string): Candidate[] {
  const file = readJson(join(folder, 'podman-connections.json')) as
    | { Connection?: { Connections?: Record<string, { URI?: string; Identity?: string } | null> } }
    | undefined
  const listed = Object.entries(file?.Connection?.Connections ?? {}).map(([name, connection]) => ({
    name,
    uri: connection?.URI,
    identity: connection?.Identity,
  }))
  const conf = readText(join(folder, 'containers.conf')) ?? ''
  for (const section of conf.matchAll(
    /^\s*\[engine\.service_destinations\.(?:"([^"]+)"|([\w.-]+))\]([^[]*)/gm,
  )) {
    const value = (key: string) =>
      new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, 'm').exec(section[3] ?? '')?.[1]
    listed.push({ name: section[1] ?? section[2] ?? '', uri: value('uri'), identity: value('identity') })
  }
  return listed.flatMap(({ name, uri, identity }) => {
    const transport = uri ? parseEngineUrl(uri) : null
    if (!transport) return []
    const privateKey = identity && transport.kind === 'ssh' ? readText(identity) : undefined
    const withKey =
      privateKey && transport.kind === 'ssh' ? { ...transport, auth: 'key' as const, privateKey } : transport
    return [{ source: 'podmanConnection' as const, name, transport: withKey }]
  })
}

async function probe(
  transport: TransportInput,
): Promise<Pick<DiscoveredEngine, 'reachable' | 'engine' | 'error'>> {
  let opened: ReturnType<typeof openTransport> | undefined
  try {
    opened = openTransport(toSpec(transport))
    const client = createEngineClient(opened)
    return { reachable: true, engine: await client.connect({ timeoutMs: 3000 }), error: null }
  } catch (reason) {
    const error = reason instanceof AppError ? reason : new AppError('internal', { detail: String(reason) })
    const { detail, params } = error.context
    return {
      reachable: false,
      engine: null,
      error: { code: error.code, message: sentence(error.code, params), detail, params },
    }
  } finally {
    await opened?.close()
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path) ?? '')
  } catch {
    return undefined
  }
}
