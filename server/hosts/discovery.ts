import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DiscoveredEngine, TransportInput } from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../engine/client.ts'
import { AppError } from '../errors.ts'
import { sentence } from '../messages.ts'
import { openTransport } from '../transport/index.ts'
import { readLabEngines } from './lab-engines.ts'
import { addressOf, toSpec } from './transport-secrets.ts'

export interface Candidate {
  source: DiscoveredEngine['source']
  name: string
  transport: TransportInput
}

export interface Discovery {
  /** Looks again at each call. Never throws: what cannot be read or reached says so. */
  find(registered: readonly { id: string; address: string }[]): Promise<DiscoveredEngine[]>
  /** The transport behind a key of the latest `find`. */
  candidate(key: string): Candidate | undefined
}

/** Engines of the machine that Roadstead runs on, as its own clients would find them. */
export function createDiscovery(environment: NodeJS.ProcessEnv, labState: string | null): Discovery {
  let latest = new Map<string, Candidate>()
  return {
    async find(registered) {
      const byAddress = new Map<string, Candidate>()
      for (const candidate of candidates(environment, labState)) {
        const address = addressOf(candidate.transport)
        if (!byAddress.has(address)) byAddress.set(address, candidate)
      }
      latest = new Map([...byAddress].map(([address, candidate]) => [keyOf(address), candidate]))
      return Promise.all(
        [...byAddress].map(async ([address, { source, name, transport }]) => ({
          ...{ key: keyOf(address), source, name, address },
          ...(await probe(transport)),
          registeredAs: registered.find((host) => host.address === address)?.id ?? null,
        })),
      )
    },
    candidate: (key) => latest.get(key),
  }
}

const keyOf = (address: string) => createHash('sha256').update(address).digest('hex').slice(0, 16)

function candidates(environment: NodeJS.ProcessEnv, labState: string | null): Candidate[] {
  const home = environment.HOME ?? homedir()
  const found: Candidate[] = []
  const dockerHost = environment.DOCKER_HOST && parseEngineUrl(environment.DOCKER_HOST)
  if (dockerHost) found.push({ source: 'DOCKER_HOST', name: 'DOCKER_HOST', transport: dockerHost })
  const runtime = environment.XDG_RUNTIME_DIR
  const sockets = ['/var/run/docker.sock', '/run/podman/podman.sock']
  if (runtime) sockets.push(join(runtime, 'docker.sock'), join(runtime, 'podman/podman.sock'))
  for (const socketPath of sockets) {
    if (!existsSync(socketPath)) continue
    const name = socketPath.includes('podman') ? 'podman' : 'docker'
    // /var/run is /run: the real path keeps one engine from showing twice.
    found.push({ source: 'socket', name, transport: { kind: 'unix', socketPath: realpathSync(socketPath) } })
  }
  return [...found, ...dockerContexts(home), ...podmanConnections(home), ...readLabEngines(labState)]
}

/** `unix://`, `tcp://`, `ssh://` as DOCKER_HOST, contexts and podman connections write them. */
export function parseEngineUrl(url: string): TransportInput | null {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return null
  }
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

/** ~/.docker/contexts: meta.json names the endpoint, the files of its TLS are beside it under the same id. */
function dockerContexts(home: string): Candidate[] {
  const folder = join(home, '.docker/contexts/meta')
  return readFolder(folder).flatMap((id) => {
    const meta = readJson(join(folder, id, 'meta.json')) as
      | { Name?: string; Endpoints?: { docker?: { Host?: string } } }
      | undefined
    const transport = meta?.Endpoints?.docker?.Host && parseEngineUrl(meta.Endpoints.docker.Host)
    if (!meta?.Name || !transport) return []
    const tls = join(home, '.docker/contexts/tls', id, 'docker')
    const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readText(join(tls, file)))
    const secured = transport.kind === 'tcp' && (ca || cert)
    return [
      {
        source: 'dockerContext' as const,
        name: meta.Name,
        transport: secured ? { ...transport, kind: 'tls' as const, ca, cert, key } : transport,
      },
    ]
  })
}

/** Podman 5 keeps them in podman-connections.json; 4 in containers.conf, which Podman itself migrates. */
function podmanConnections(home: string): Candidate[] {
  const file = readJson(join(home, '.config/containers/podman-connections.json')) as
    | { Connection?: { Connections?: Record<string, { URI?: string; Identity?: string }> } }
    | undefined
  const listed = Object.entries(file?.Connection?.Connections ?? {}).map(([name, { URI, Identity }]) => ({
    ...{ name, uri: URI, identity: Identity },
  }))
  const conf = readText(join(home, '.config/containers/containers.conf')) ?? ''
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
