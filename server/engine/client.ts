import { z } from 'zod'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import type { Transport } from '../transport/types.ts'
import { createArchiveCalls } from './archive.ts'
import { createBuildCalls } from './build.ts'
import { negotiateApiVersion } from './compat.ts'
import { createContainerStateCalls } from './containers.ts'
import { createEngineContext, given, timeouts } from './context.ts'
import { createCreateCalls } from './create.ts'
import { createDetailCalls } from './details.ts'
import { createDiskCalls } from './disk.ts'
import { minor, understoodAs, withPlainErrors } from './document.ts'
import { nanoToSeconds, readEvents } from './events.ts'
import { createAttachCalls, createExecCalls } from './exec.ts'
import { createForwardCalls } from './forward.ts'
import { createStoredImageCalls } from './images.ts'
import { createLoadCalls } from './load.ts'
import { createLogCalls } from './logs.ts'
import { createManifestListCalls } from './manifest-lists.ts'
import { createNetworkCalls } from './networks.ts'
import { createPodCalls } from './pods.ts'
import { createPullCalls } from './pull.ts'
import { createPushCalls } from './push.ts'
import { send, sendForText } from './request.ts'
import { createSaveCalls } from './save.ts'
import { createSearchCalls } from './search.ts'
import { createHostStatsCalls, createStatsCalls } from './stats.ts'
import type { EngineClient } from './types.ts'
import { createVolumeCalls } from './volumes.ts'

const versionSchema = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().nullish(),
  Os: z.string(),
  Arch: z.string(),
  KernelVersion: minor(z.string()),
  Components: z.array(z.object({ Name: z.string(), Version: z.string() })).nullish(),
})

const infoSchema = z.object({
  Name: minor(z.string()),
  NCPU: minor(z.number()),
  MemTotal: minor(z.number()),
  Driver: minor(z.string()),
  CgroupVersion: minor(z.string()),
  KernelVersion: minor(z.string()),
  ID: minor(z.string()),
  DockerRootDir: minor(z.string()),
  // What an image is known by, and what an account may do, hang on these two.
  DriverStatus: z.array(z.array(z.string())).nullish(),
  SecurityOptions: z.array(z.string()).nullish(),
})

/** Speaks to one engine over a transport. The transport stays the caller's to close. */
export function createEngineClient(transport: Transport): EngineClient {
  let info: EngineInfo | null = null
  let identity: string | null = null
  let clockAheadMs: number | null = null

  const context = createEngineContext(transport, () => info)
  const { docker, json } = context
  const { withPlatforms, ...manifestLists } = createManifestListCalls(context)

  return withPlainErrors<EngineClient>({
    ...createForwardCalls(context),
    containers: withPlainErrors({
      ...createContainerStateCalls(context),
      ...createCreateCalls(context),
      ...createDetailCalls(context),
      ...createArchiveCalls(context),
      ...createAttachCalls(context),
      ...createLogCalls(context),
      ...createStatsCalls(context),
    }),
    execs: withPlainErrors(createExecCalls(context)),
    images: withPlainErrors({
      ...createStoredImageCalls(context, withPlatforms),
      ...manifestLists,
      ...createPullCalls(context, () => info),
      ...createPushCalls(context),
      ...createBuildCalls(context),
      ...createLoadCalls(context),
      ...createSaveCalls(context, () => info),
      ...createSearchCalls(context),
    }),
    volumes: withPlainErrors(createVolumeCalls(context, () => info?.version)),
    networks: withPlainErrors(createNetworkCalls(context)),
    pods: withPlainErrors(createPodCalls(context)),
    system: withPlainErrors({ ...createDiskCalls(context), ...createHostStatsCalls(context) }),
    get info() {
      return info
    },
    get identity() {
      return identity
    },
    get clockAheadMs() {
      return clockAheadMs
    },

    async ping(options) {
      const began = performance.now()
      // GET and not HEAD: a HEAD answer has no body to tell an engine from any web server.
      const ping = { method: 'GET', path: '/_ping', lane: 'pings', timeoutMs: timeouts.ping } as const
      const request = { ...ping, ...given(options) }
      const { status, headers, text } = await unproven(sendForText(transport, request))
      const known = 'api-version' in headers || text.trim() === 'OK'
      if (!known) throw new AppError('not_an_engine', { detail: `HTTP ${status}` })
      const date = Date.parse(String(headers.date))
      clockAheadMs = Number.isNaN(date) ? null : date - Date.now()
      return performance.now() - began
    },

    async connect(options) {
      const asked = json<{ ApiVersion?: unknown } | null>('/version', { timeoutMs: timeouts.ping }, options)
      const version = await unproven(asked)
      if (!version?.ApiVersion) throw new AppError('not_an_engine', { detail: 'No ApiVersion' })
      const found = understoodAs(versionSchema, 'GET /version', version)
      const podman = found.Components?.find((component) => component.Name === 'Podman Engine')
      const apiVersion = negotiateApiVersion({ min: found.MinAPIVersion ?? '1.12', max: found.ApiVersion })
      const more = understoodAs(
        infoSchema,
        'GET /info',
        await json<unknown>(`/v${apiVersion}/info`, {}, options),
      )
      // Podman makes a new ID for each answer (pkg/api/handlers/compat/info.go).
      identity = podman
        ? [more.Name, more.DockerRootDir].filter(Boolean).join(' ') || null
        : (more.ID ?? null)
      info = {
        flavour: podman ? 'podman' : 'docker',
        version: (podman?.Version ?? found.Version).replace(/\+.*$/, ''),
        apiVersion,
        os: found.Os,
        arch: found.Arch,
        kernel: found.KernelVersion ?? more.KernelVersion ?? null,
        hostname: more.Name ?? null,
        cpus: more.NCPU ?? null,
        memoryBytes: more.MemTotal ?? null,
        rootless: (more.SecurityOptions ?? []).some((option) => option.includes('rootless')),
        storageDriver: more.Driver ?? null,
        containerdStore: (more.DriverStatus ?? []).some(
          ([name, value]) => name === 'driver-type' && value === 'io.containerd.snapshotter.v1',
        ),
        cgroupVersion: more.CgroupVersion === '1' || more.CgroupVersion === '2' ? more.CgroupVersion : null,
      }
      return info
    },

    async events({ sinceNano, untilSeconds, signal, timeoutMs = timeouts.read }) {
      const since = sinceNano === undefined ? undefined : nanoToSeconds(sinceNano)
      const answer = await send(transport, {
        method: 'GET',
        path: docker('/events'),
        query: { since, until: untilSeconds },
        signal,
        timeoutMs,
      })
      return readEvents(answer.body, transport)
    },
  })
}

/**
 * Before it has shown that it is an engine it may be any service that only this server reaches: of what that says, nobody
 * is told more than the status.
 */
async function unproven<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    const status = error instanceof AppError ? error.context.params?.status : undefined
    if (!(error instanceof AppError) || status === undefined) throw error
    throw new AppError(error.code, { ...error.context, detail: `HTTP ${status}`, cause: error })
  }
}
