import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import type { Transport } from '../transport/types.ts'
import { createArchiveCalls } from './archive.ts'
import { createBuildCalls } from './build.ts'
import { negotiateApiVersion } from './compat.ts'
import { createEngineContext, given, timeouts } from './context.ts'
import { createCreateCalls } from './create.ts'
import { createDetailCalls } from './details.ts'
import { createDiskCalls } from './disk.ts'
import { understood } from './errors.ts'
import { nanoToSeconds, readEvents } from './events.ts'
import { createExecCalls } from './exec.ts'
import { createForwardCalls } from './forward.ts'
import { createImageNames } from './image-names.ts'
import { createLoadCalls } from './load.ts'
import { createLogCalls } from './logs.ts'
import {
  fromHistory,
  fromImageList,
  fromLibpodNetwork,
  fromNetwork,
  fromPod,
  fromVolume,
  type ListedVolume,
} from './normalise.ts'
import {
  fromDockerList,
  fromInspect,
  fromLibpodList,
  type InspectedContainer,
} from './normalise-containers.ts'
import { createPullCalls } from './pull.ts'
import { createPushCalls } from './push.ts'
import { type EngineRequest, segments, send, sendForJson, sendForText } from './request.ts'
import { createSaveCalls } from './save.ts'
import { createSearchCalls } from './search.ts'
import { createStatsCalls } from './stats.ts'
import type { CallOptions, EngineClient } from './types.ts'

const listing = { timeoutMs: timeouts.list }

interface VersionAnswer {
  Version: string
  ApiVersion: string
  MinAPIVersion?: string
  Os: string
  Arch: string
  KernelVersion?: string
  Components?: { Name: string; Version: string }[]
}

interface InfoAnswer {
  Name?: string
  NCPU?: number
  MemTotal?: number
  Driver?: string
  DriverStatus?: [string, string][] | null
  CgroupVersion?: string
  SecurityOptions?: string[] | null
  KernelVersion?: string
}

/** Speaks to one engine over a transport. The transport stays the caller's to close. */
export function createEngineClient(transport: Transport): EngineClient {
  let info: EngineInfo | null = null

  const context = createEngineContext(transport, () => info)
  const { docker, libpod, isPodman, json, rows } = context
  const change = async (
    id: string,
    verb: string,
    query: EngineRequest['query'],
    options: CallOptions = {},
  ) => {
    const grace = typeof query?.t === 'number' ? query.t * 1000 : 10_000
    const answer = await sendForJson(transport, {
      method: 'POST',
      path: docker(`/containers/${segments(id)}/${verb}`),
      query,
      subject: 'container',
      timeoutMs: timeouts.change + grace,
      ...given(options),
    })
    return answer.status === 304 ? ('already' as const) : ('done' as const)
  }
  const changed = async (...args: Parameters<typeof change>) => {
    await change(...args)
    return 'done' as const
  }
  const named = createImageNames(async (id) => {
    // Docker's inspect may wait for a container that hangs; the list does not wait for it.
    const options = { subject: 'container' as const, timeoutMs: timeouts.ping }
    const found = await json<InspectedContainer>(docker(`/containers/${segments(id)}/json`), options)
    return understood(() => fromInspect(found))
  })

  return {
    ...createStatsCalls(context),
    ...createDetailCalls(context),
    ...createDiskCalls(context),
    ...createExecCalls(context),
    ...createForwardCalls(context),
    ...createLoadCalls(context),
    ...createLogCalls(context),
    ...createPullCalls(context),
    ...createPushCalls(context),
    ...createSaveCalls(context, () => info),
    ...createSearchCalls(context),
    ...createArchiveCalls(context),
    ...createBuildCalls(context),
    ...createCreateCalls(context),
    get info() {
      return info
    },

    async ping(options) {
      const began = performance.now()
      // GET and not HEAD: a HEAD answer has no body to tell an engine from any web server.
      const request = { method: 'GET' as const, path: '/_ping', timeoutMs: timeouts.ping, ...given(options) }
      const { headers, text } = await sendForText(transport, request)
      const known = 'api-version' in headers || text.trim() === 'OK'
      if (!known) throw new AppError('not_an_engine', { detail: text.slice(0, 200) })
      return performance.now() - began
    },

    async connect(options) {
      const found = await json<VersionAnswer>('/version', { timeoutMs: timeouts.ping }, options)
      if (!found?.ApiVersion)
        throw new AppError('not_an_engine', { detail: JSON.stringify(found)?.slice(0, 200) })
      const podman = found.Components?.find((component) => component.Name === 'Podman Engine')
      const apiVersion = negotiateApiVersion({ min: found.MinAPIVersion ?? '1.12', max: found.ApiVersion })
      const more = await json<InfoAnswer>(`/v${apiVersion}/info`, {}, options)
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

    async listContainers(options) {
      const list = { ...listing, query: { all: true } }
      return isPodman()
        ? rows(libpod('/containers/json'), fromLibpodList, list, options)
        : named(await rows(docker('/containers/json'), fromDockerList, list, options))
    },

    async readContainer(id, options) {
      // libpod's document and not the compatible one: only it knows the pod.
      const path = isPodman()
        ? libpod(`/containers/${segments(id)}/json`)
        : docker(`/containers/${segments(id)}/json`)
      try {
        const found = await json<InspectedContainer>(path, { subject: 'container' }, options)
        return understood(() => fromInspect(found))
      } catch (error) {
        if (error instanceof AppError && error.code === 'container_not_found') return null
        throw error
      }
    },

    inspectContainer: async (id, options) =>
      json(docker(`/containers/${segments(id)}/json`), { subject: 'container' }, options),
    startContainer: async (id, options) => change(id, 'start', undefined, options),
    stopContainer: async (id, stop, options) => change(id, 'stop', { t: stop.graceSeconds }, options),
    restartContainer: async (id, stop, options) => changed(id, 'restart', { t: stop.graceSeconds }, options),
    pauseContainer: async (id, options) => changed(id, 'pause', undefined, options),
    unpauseContainer: async (id, options) => changed(id, 'unpause', undefined, options),
    killContainer: async (id, signal, options) => changed(id, 'kill', { signal }, options),
    renameContainer: async (id, name, options) => changed(id, 'rename', { name }, options),

    async removeContainer(id, remove, options) {
      try {
        await sendForJson(transport, {
          method: 'DELETE',
          path: docker(`/containers/${segments(id)}`),
          query: { force: remove.force, v: remove.volumes },
          subject: 'container',
          timeoutMs: timeouts.change,
          ...given(options),
        })
        return 'done'
      } catch (error) {
        if (error instanceof AppError && error.code === 'container_not_found') return 'already'
        throw error
      }
    },

    async listImages(options) {
      const path = isPodman() ? libpod('/images/json') : docker('/images/json')
      return rows(path, fromImageList, listing, options)
    },
    inspectImage: async (id, options) =>
      json(docker(`/images/${segments(id)}/json`), { subject: 'image' }, options),
    imageHistory: async (id, options) =>
      rows(docker(`/images/${segments(id)}/history`), fromHistory, { subject: 'image' }, options),

    async tagImage(id, reference, options) {
      await sendForJson(transport, {
        method: 'POST',
        path: docker(`/images/${segments(id)}/tag`),
        query: { repo: reference.repository, tag: reference.tag },
        subject: 'image',
        timeoutMs: timeouts.change,
        ...given(options),
      })
    },

    async removeImage(reference, remove, options) {
      const { json: steps } = await sendForJson<{ Untagged?: string; Deleted?: string }[]>(transport, {
        method: 'DELETE',
        path: docker(`/images/${segments(reference)}`),
        query: { force: remove.force, noprune: remove.noprune },
        subject: 'image',
        timeoutMs: timeouts.change,
        ...given(options),
      })
      return {
        untagged: (steps ?? []).flatMap((step) => step.Untagged ?? []),
        deleted: (steps ?? []).flatMap((step) => step.Deleted ?? []),
      }
    },

    async listVolumes(options) {
      const answer = await json<{ Volumes?: ListedVolume[] | null }>(docker('/volumes'), listing, options)
      return understood(() => (answer.Volumes ?? []).map(fromVolume))
    },
    async listNetworks(options) {
      return isPodman()
        ? rows(libpod('/networks/json'), fromLibpodNetwork, listing, options)
        : rows(docker('/networks'), fromNetwork, listing, options)
    },
    async listPods(options) {
      return isPodman() ? rows(libpod('/pods/json'), fromPod, listing, options) : []
    },

    async events({ sinceNano, signal }) {
      const since = sinceNano === undefined ? undefined : nanoToSeconds(sinceNano)
      const answer = await send(transport, {
        method: 'GET',
        path: docker('/events'),
        query: { since },
        signal,
        timeoutMs: timeouts.read,
      })
      return readEvents(answer.body, transport)
    },
  }
}
