import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { ArchiveCalls } from './archive.ts'
import type { BuildCalls } from './build.ts'
import type { ContainerStateCalls } from './containers.ts'
import type { CreateCalls } from './create.ts'
import type { DetailCalls } from './details.ts'
import type { DiskCalls } from './disk.ts'
import type { OddRow } from './document.ts'
import type { AttachCalls, ExecCalls } from './exec.ts'
import type { ForwardCalls } from './forward.ts'
import type { StoredImageCalls } from './images.ts'
import type { LoadCalls } from './load.ts'
import type { LogCalls } from './logs.ts'
import type { ManifestListCalls } from './manifest-lists.ts'
import type { NetworkCalls } from './networks.ts'
import type { PodCalls } from './pods.ts'
import type { PullCalls } from './pull.ts'
import type { PushCalls } from './push.ts'
import type { SaveCalls } from './save.ts'
import type { SearchCalls } from './search.ts'
import type { HostStatsCalls, StatsCalls } from './stats.ts'
import type { VolumeCalls } from './volumes.ts'

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

export interface ListOptions extends CallOptions {
  /** Told of each row that cannot be read and is left out. Absent: one such row fails the list. */
  odd?(row: OddRow): void
}

export interface ContainerCalls
  extends ContainerStateCalls,
    CreateCalls,
    DetailCalls,
    ArchiveCalls,
    AttachCalls,
    LogCalls,
    StatsCalls {}

export interface ImageCalls
  extends StoredImageCalls,
    ManifestListCalls,
    PullCalls,
    PushCalls,
    BuildCalls,
    LoadCalls,
    SaveCalls,
    SearchCalls {}

export interface SystemCalls extends DiskCalls, HostStatsCalls {}

/**
 * One engine, Docker or Podman, spoken to in the API version negotiated from both ends' ranges. Knows nothing of users,
 * hosts or the database. Every method throws AppError.
 */
export interface EngineClient extends ForwardCalls {
  /** Latency in milliseconds of GET /_ping. Default timeout 5 s. Throws not_an_engine when something else answers. */
  ping(options?: CallOptions): Promise<number>
  /** Pings, reads /version and /info, negotiates. Must have succeeded once before the calls below. */
  connect(options?: CallOptions): Promise<EngineInfo>
  readonly info: EngineInfo | null
  /** Tells it from another engine at the same address: Docker's own id, Podman's host and storage. Null where it does not say. */
  readonly identity: string | null
  /** Milliseconds by which its clock was ahead of ours at the last ping; whole seconds. Null where it does not say. */
  readonly clockAheadMs: number | null

  readonly containers: ContainerCalls
  readonly execs: ExecCalls
  readonly images: ImageCalls
  readonly volumes: VolumeCalls
  readonly networks: NetworkCalls
  readonly pods: PodCalls
  /** Of the engine as a whole. */
  readonly system: SystemCalls

  /**
   * The event stream, from now on (or since a moment, inclusive). Resolves when the engine has answered 200, so that a
   * list taken afterwards misses nothing; the iterable ends when the engine closes and throws AppError when cut.
   */
  events(options: {
    sinceNano?: bigint
    /** Alone, the stream ends with the events until now. Seconds since the epoch, as for `since`. */
    untilSeconds?: number
    signal: AbortSignal
    /** Milliseconds until the answer's head. */
    timeoutMs?: number
  }): Promise<AsyncIterable<EngineEvent>>
}
