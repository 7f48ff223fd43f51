import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import type { Transport } from '../transport/types.ts'
import { negotiateApiVersion, normaliseEvent } from './compat.ts'
import { parseNdjson } from './ndjson.ts'
import {
  fromDockerList,
  fromHistory,
  fromImageList,
  fromInspect,
  fromLibpodList,
  fromNetwork,
  fromPod,
  fromVolume,
} from './normalise.ts'
import { type EngineRequest, segments, send, sendForJson } from './request.ts'
import type { CallOptions, EngineClient, EngineEvent } from './types.ts'

/** Milliseconds. A list of an engine with thousands of containers takes seconds; a stop takes its grace besides. */
const timeouts = { ping: 5000, read: 15_000, list: 45_000, change: 60_000 }

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
  CgroupVersion?: string
  SecurityOptions?: string[] | null
  KernelVersion?: string
}

/** Speaks to one engine over a transport. The transport stays the caller's to close. */
export function createEngineClient(transport: Transport): EngineClient {
  let info: EngineInfo | null = null

  const version = () => {
    if (!info)
      throw new AppError('host_connecting', { detail: 'The engine has not been asked for its version yet.' })
    return info.apiVersion
  }
  const isPodman = () => info?.flavour === 'podman'
  const docker = (path: string) => `/v${version()}${path}`
  /** libpod ignores the number but demands one. */
  const libpod = (path: string) => `/v4.0.0/libpod${path}`
  const json = async <T>(
    path: string,
    rest: Partial<EngineRequest> = {},
    options: CallOptions = {},
  ): Promise<T> => {
    const request = { method: 'GET' as const, timeoutMs: timeouts.read, ...rest, path }
    const answer = await sendForJson<T>(transport, { ...request, ...given(options) })
    return answer.json
  }
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

  return {
    get info() {
      return info
    },

    async ping(options) {
      const began = performance.now()
      // GET and not HEAD: a HEAD answer has no body to tell an engine from any web server.
      const request = { method: 'GET' as const, path: '/_ping', timeoutMs: timeouts.ping, ...given(options) }
      const answer = await send(transport, request)
      const text = await answer.body.setEncoding('utf8').take(64).toArray()
      const known = 'api-version' in answer.headers || text.join('').trim() === 'OK'
      if (!known) throw new AppError('not_an_engine', { detail: text.join('').slice(0, 200) })
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
        cgroupVersion: more.CgroupVersion === '1' || more.CgroupVersion === '2' ? more.CgroupVersion : null,
      }
      return info
    },

    async listContainers(options) {
      const list = { timeoutMs: timeouts.list, query: { all: true } }
      if (isPodman()) {
        return (
          (await json<Parameters<typeof fromLibpodList>[0][]>(libpod('/containers/json'), list, options)) ??
          []
        ).map(fromLibpodList)
      }
      const rows = await json<Parameters<typeof fromDockerList>[0][]>(
        docker('/containers/json'),
        list,
        options,
      )
      return (rows ?? []).map(fromDockerList)
    },

    async readContainer(id, options) {
      // libpod's document and not the compatible one: only it knows the pod.
      const path = isPodman()
        ? libpod(`/containers/${segments(id)}/json`)
        : docker(`/containers/${segments(id)}/json`)
      try {
        return fromInspect(await json(path, { subject: 'container' }, options))
      } catch (error) {
        if (error instanceof AppError && error.code === 'container_not_found') return null
        throw error
      }
    },

    inspectContainer: (id, options) =>
      json(docker(`/containers/${segments(id)}/json`), { subject: 'container' }, options),
    startContainer: (id, options) => change(id, 'start', undefined, options),
    stopContainer: (id, stop, options) => change(id, 'stop', { t: stop.graceSeconds }, options),
    restartContainer: (id, stop, options) => changed(id, 'restart', { t: stop.graceSeconds }, options),
    pauseContainer: (id, options) => changed(id, 'pause', undefined, options),
    unpauseContainer: (id, options) => changed(id, 'unpause', undefined, options),
    killContainer: (id, signal, options) => changed(id, 'kill', { signal }, options),
    renameContainer: (id, name, options) => changed(id, 'rename', { name }, options),

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
      const rows = await json<Parameters<typeof fromImageList>[0][]>(
        path,
        { timeoutMs: timeouts.list },
        options,
      )
      return (rows ?? []).map(fromImageList)
    },
    inspectImage: (id, options) =>
      json(docker(`/images/${segments(id)}/json`), { subject: 'image' }, options),
    imageHistory: async (id, options) =>
      fromHistory(await json(docker(`/images/${segments(id)}/history`), { subject: 'image' }, options)),

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
      const answer = await json<{ Volumes?: Parameters<typeof fromVolume>[0][] | null }>(
        docker('/volumes'),
        { timeoutMs: timeouts.list },
        options,
      )
      return (answer?.Volumes ?? []).map(fromVolume)
    },
    async listNetworks(options) {
      const rows = await json<Parameters<typeof fromNetwork>[0][]>(
        docker('/networks'),
        { timeoutMs: timeouts.list },
        options,
      )
      return (rows ?? []).map(fromNetwork)
    },
    async listPods(options) {
      if (!isPodman()) return []
      const list = { timeoutMs: timeouts.list }
      return ((await json<Parameters<typeof fromPod>[0][]>(libpod('/pods/json'), list, options)) ?? []).map(
        fromPod,
      )
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

/** Options given by the caller win over the call's defaults; undefined ones don't. */
function given(options: CallOptions = {}): Partial<EngineRequest> {
  return {
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.timeoutMs ? { timeoutMs: options.timeoutMs } : {}),
  }
}

/** Docker takes `since` only as seconds with nanoseconds after the point. */
function nanoToSeconds(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`
}

async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  transport: Transport,
): AsyncGenerator<EngineEvent> {
  try {
    for await (const raw of parseNdjson<Parameters<typeof normaliseEvent>[0]>(body)) {
      const event = normaliseEvent(raw)
      if (event) yield event
    }
  } catch (error) {
    throw transport.explain(error)
  }
}
