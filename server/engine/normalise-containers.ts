import type { Container, ContainerPort } from '#lib/contracts/containers.ts'
import { hideLabels, hideText, hideWords } from '../redact.ts'
import {
  containerState,
  fullId,
  healthState,
  imageId,
  instant,
  lastExitCode,
  readStatusText,
} from './compat.ts'
import type { Local } from './types.ts'

type Labels = Record<string, string> | null | undefined

/** Compose marks its containers with labels; podman-compose has used its own and Docker's. */
function composeLabels(labels: Labels): { stack: string | null; service: string | null } {
  const first = (...names: string[]) => names.map((name) => labels?.[name]).find((value) => value) ?? null
  return {
    stack: first('com.docker.compose.project', 'io.podman.compose.project', 'com.docker.stack.namespace'),
    service: first(
      'com.docker.compose.service',
      'io.podman.compose.service',
      'com.docker.swarm.service.name',
    ),
  }
}

/**
 * An argument with a space is put between quotes, as Docker's list does; on every engine, and from list and inspect alike.
 * Secrets are in no row of a list, whoever reads it: the inspect document has them, for who may reveal.
 */
function commandLine(args: readonly string[]): string {
  return hideWords(args)
    .map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))
    .join(' ')
}

const bare = (name: string | undefined) => (name ?? '').replace(/^\//, '')

/** A container's own of the names in Docker's list: one that others link to has those of its links, with a slash. */
export function ownName(names: readonly string[] | undefined): string {
  return names?.map(bare).find((name) => !name.includes('/')) ?? bare(names?.[0])
}

type Mounts = readonly { Type?: string; Name?: string }[] | null | undefined

const volumeNames = (mounts: Mounts): string[] =>
  [...new Set((mounts ?? []).flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : [])))].sort()

function sortPorts(ports: ContainerPort[]): ContainerPort[] {
  const key = (port: ContainerPort) =>
    [port.containerPort, port.protocol, port.hostPort ?? 0, port.ip ?? '']
      .map((part) => String(part).padStart(6, '0'))
      .join()
  return ports.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

export interface DockerListedContainer {
  Id: string
  Names?: string[]
  Image?: string | null
  ImageID: string
  Command?: string | null
  Created: number
  Ports?: { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[]
  Labels?: Labels
  State: string
  Status: string
  NetworkSettings?: { Networks?: Record<string, unknown> | null } | null
  Mounts?: Mounts
}

/** A row of Docker's `GET /containers/json`. What only inspect tells is null. */
export function fromDockerList(raw: DockerListedContainer): Local<Container> {
  const state = containerState(raw.State)
  return {
    id: fullId(raw.Id),
    name: ownName(raw.Names),
    image: raw.Image ?? '',
    imageId: imageId(raw.ImageID),
    command: hideText(raw.Command ?? ''),
    createdAt: instant(raw.Created) ?? new Date(0).toISOString(),
    state,
    ...readStatusText(raw.Status, state),
    error: null,
    oomKilled: false,
    startedAt: null,
    finishedAt: null,
    restartCount: null,
    ports: sortPorts(
      (raw.Ports ?? []).map((port) => ({
        ip: port.IP || null,
        hostPort: port.PublicPort || null,
        containerPort: port.PrivatePort,
        protocol: port.Type,
      })),
    ),
    networks: Object.keys(raw.NetworkSettings?.Networks ?? {}).sort(),
    labels: hideLabels(raw.Labels ?? {}),
    ...composeLabels(raw.Labels),
    podId: null,
    volumes: volumeNames(raw.Mounts),
  }
}

export interface LibpodListedContainer {
  Id: string
  Names?: string[]
  Image?: string | null
  ImageID: string
  Command?: string[] | null
  Created: string | number
  Ports?:
    | { host_ip: string; container_port: number; host_port: number; range: number; protocol: string }[]
    | null
  ExposedPorts?: Record<string, string[]> | null
  Labels?: Labels
  State: string
  Status: string
  StartedAt: number
  ExitedAt: number
  ExitCode: number
  Restarts?: number
  Networks?: string[] | null
  Pod?: string
  /** Where in the container, and no more. */
  Mounts?: string[] | null
}

/** A row of `GET /libpod/containers/json`, which tells more than Podman's Docker-compatible one. */
export function fromLibpodList(raw: LibpodListedContainer): Local<Container> {
  const state = containerState(raw.State)
  const ports: ContainerPort[] = (raw.Ports ?? []).flatMap((port) =>
    Array.from({ length: Math.min(Math.max(port.range, 1), 512) }, (_, offset) => ({
      ip: port.host_ip || '0.0.0.0',
      hostPort: port.host_port + offset,
      containerPort: port.container_port + offset,
      protocol: port.protocol,
    })),
  )
  for (const [port, protocols] of Object.entries(raw.ExposedPorts ?? {})) {
    for (const protocol of protocols) {
      const published = ports.some(
        (known) => known.containerPort === Number(port) && known.protocol === protocol,
      )
      if (!published) ports.push({ ip: null, hostPort: null, containerPort: Number(port), protocol })
    }
  }
  return {
    id: fullId(raw.Id),
    name: bare(raw.Names?.[0]),
    image: raw.Image ?? '',
    imageId: imageId(raw.ImageID),
    command: commandLine(raw.Command ?? []),
    createdAt: instant(raw.Created) ?? new Date(0).toISOString(),
    state,
    health: healthState(raw.Status, state),
    exitCode: lastExitCode(raw.ExitCode, state),
    error: null,
    oomKilled: false,
    startedAt: instant(raw.StartedAt),
    finishedAt: instant(raw.ExitedAt),
    restartCount: raw.Restarts ?? null,
    ports: sortPorts(ports),
    networks: [...(raw.Networks ?? [])].sort(),
    labels: hideLabels(raw.Labels ?? {}),
    ...composeLabels(raw.Labels),
    podId: raw.Pod || null,
    volumes: raw.Mounts?.length ? null : [],
  }
}

export interface InspectedContainer {
  Id: string
  Name: string
  Created: string
  Path?: string
  Args?: string[] | null
  Image: string
  ImageName?: string
  RestartCount?: number
  Pod?: string
  Mounts?: Mounts
  State: {
    Status: string
    ExitCode: number
    OOMKilled?: boolean
    Error?: string
    StartedAt?: string
    FinishedAt?: string
    Health?: { Status?: string } | null
    Healthcheck?: { Status?: string } | null
  }
  Config: { Image?: string; Labels?: Labels; ExposedPorts?: Record<string, unknown> | null }
  NetworkSettings?: {
    Ports?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null
    Networks?: Record<string, unknown> | null
  } | null
}

/** Characters. Runtimes put whole command lines into it, and every page holds the rows. */
const longestError = 600

/** Docker's inspect document, or libpod's, which differs where noted. */
export function fromInspect(raw: InspectedContainer): Local<Container> {
  const state = containerState(raw.State.Status)
  const ports = Object.entries(raw.NetworkSettings?.Ports ?? {}).flatMap(
    ([key, bindings]): ContainerPort[] => {
      const [port, protocol = 'tcp'] = key.split('/')
      const containerPort = Number(port)
      if (!bindings?.length) {
        // Podman 4 has the image's ports here but neither in its list nor in Config: shown, they would come and go.
        const exposed = raw.Config.ExposedPorts && key in raw.Config.ExposedPorts
        return exposed ? [{ ip: null, hostPort: null, containerPort, protocol }] : []
      }
      return bindings.map((binding) => ({
        // libpod says nothing where it listens on every address.
        ip: binding.HostIp || '0.0.0.0',
        hostPort: Number(binding.HostPort) || null,
        containerPort,
        protocol,
      }))
    },
  )
  const labels = raw.Config.Labels ?? {}
  return {
    id: fullId(raw.Id),
    name: bare(raw.Name),
    image: raw.ImageName ?? raw.Config.Image ?? '',
    imageId: imageId(raw.Image),
    command: commandLine([raw.Path ?? '', ...(raw.Args ?? [])]).trim(),
    createdAt: instant(raw.Created) ?? new Date(0).toISOString(),
    state,
    health: healthState(raw.State.Health?.Status ?? raw.State.Healthcheck?.Status, state),
    exitCode: lastExitCode(raw.State.ExitCode, state),
    error: state === 'running' ? null : hideText(raw.State.Error ?? '').slice(0, longestError) || null,
    oomKilled: raw.State.OOMKilled ?? false,
    startedAt: instant(raw.State.StartedAt),
    finishedAt: instant(raw.State.FinishedAt),
    restartCount: raw.RestartCount ?? null,
    ports: sortPorts(ports),
    networks: Object.keys(raw.NetworkSettings?.Networks ?? {}).sort(),
    labels: hideLabels(labels),
    ...composeLabels(labels),
    podId: raw.Pod || null,
    volumes: volumeNames(raw.Mounts),
  }
}
