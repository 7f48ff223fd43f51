import type { Container } from '#lib/contracts/containers.ts'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { Image, ImageHistory, ImageRemoveResult } from '#lib/contracts/images.ts'
import type { Network } from '#lib/contracts/networks.ts'
import type { Pod } from '#lib/contracts/pods.ts'
import type { Volume } from '#lib/contracts/volumes.ts'
import type { ArchiveCalls } from './archive.ts'
import type { BuildCalls } from './build.ts'
import type { CreateCalls } from './create.ts'
import type { DetailCalls } from './details.ts'
import type { DiskCalls } from './disk.ts'
import type { ExecCalls } from './exec.ts'
import type { ForwardCalls } from './forward.ts'
import type { LoadCalls } from './load.ts'
import type { LogCalls } from './logs.ts'
import type { PullCalls } from './pull.ts'
import type { PushCalls } from './push.ts'
import type { SaveCalls } from './save.ts'
import type { SearchCalls } from './search.ts'
import type { StatsCalls } from './stats.ts'

/** The objects of one engine before a host id is put on them. */
export type Local<T> = Omit<T, 'hostId'>

export interface EngineEvent {
  type: 'container' | 'image' | 'volume' | 'network' | 'pod' | 'daemon'
  /** Normalised over engines: 'start', 'die', 'destroy', 'health_status', ... (Podman's died/remove become die/destroy). */
  action: string
  /** Full id, or the name for volumes. */
  id: string
  attributes: Record<string, string>
  /** Nanoseconds since the epoch, as the engine's clock says. */
  timeNano: bigint
}

export interface CallOptions {
  signal?: AbortSignal
  /** Milliseconds until the answer's headers; the client has a default for each call. */
  timeoutMs?: number
}

/**
 * One engine, Docker or Podman, spoken to in the API version negotiated from both ends' ranges. Knows nothing of users,
 * hosts or the database. Every method throws AppError.
 */
export interface EngineClient
  extends ArchiveCalls,
    BuildCalls,
    CreateCalls,
    DetailCalls,
    DiskCalls,
    ExecCalls,
    ForwardCalls,
    LoadCalls,
    LogCalls,
    PullCalls,
    PushCalls,
    SaveCalls,
    SearchCalls,
    StatsCalls {
  /** Latency in milliseconds of GET /_ping. Default timeout 5 s. Throws not_an_engine when something else answers. */
  ping(options?: CallOptions): Promise<number>
  /** Pings, reads /version and /info, negotiates. Must have succeeded once before the calls below. */
  connect(options?: CallOptions): Promise<EngineInfo>
  readonly info: EngineInfo | null

  listContainers(options?: CallOptions): Promise<Local<Container>[]>
  /** Null when gone. The list's fields of one container, completed by what only inspect tells. */
  readContainer(id: string, options?: CallOptions): Promise<Local<Container> | null>
  /** The engine's own document (Docker's schema on both engines). */
  inspectContainer(id: string, options?: CallOptions): Promise<Record<string, unknown>>
  /** 'already' is the engine's 304. */
  startContainer(id: string, options?: CallOptions): Promise<'done' | 'already'>
  stopContainer(
    id: string,
    stop: { graceSeconds?: number },
    options?: CallOptions,
  ): Promise<'done' | 'already'>
  restartContainer(id: string, stop: { graceSeconds?: number }, options?: CallOptions): Promise<'done'>
  pauseContainer(id: string, options?: CallOptions): Promise<'done'>
  unpauseContainer(id: string, options?: CallOptions): Promise<'done'>
  killContainer(id: string, signal: string, options?: CallOptions): Promise<'done'>
  renameContainer(id: string, name: string, options?: CallOptions): Promise<'done'>
  /** 'already' is the engine's 404. */
  removeContainer(
    id: string,
    remove: { force: boolean; volumes: boolean },
    options?: CallOptions,
  ): Promise<'done' | 'already'>

  listImages(options?: CallOptions): Promise<Local<Image>[]>
  inspectImage(id: string, options?: CallOptions): Promise<Record<string, unknown>>
  imageHistory(id: string, options?: CallOptions): Promise<ImageHistory>
  tagImage(id: string, reference: { repository: string; tag: string }, options?: CallOptions): Promise<void>
  removeImage(
    reference: string,
    remove: { force: boolean; noprune: boolean },
    options?: CallOptions,
  ): Promise<ImageRemoveResult>

  listVolumes(options?: CallOptions): Promise<Local<Volume>[]>
  listNetworks(options?: CallOptions): Promise<Local<Network>[]>
  /** Empty on Docker. */
  listPods(options?: CallOptions): Promise<Local<Pod>[]>

  /**
   * The event stream, from now on (or since a moment, inclusive). Resolves when the engine has answered 200, so that a
   * list taken afterwards misses nothing; the iterable ends when the engine closes and throws AppError when cut.
   */
  events(options: { sinceNano?: bigint; signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>>
}
