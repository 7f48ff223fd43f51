import { type Container, containerSchema } from '#lib/contracts/containers.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, given, listing, timeouts } from './context.ts'
import { readDocument, understoodAs } from './document.ts'
import { understood } from './errors.ts'
import { createImageNames } from './image-names.ts'
import { containerDocument } from './inspect-documents.ts'
import {
  fromDockerList,
  fromInspect,
  fromLibpodList,
  type InspectedContainer,
} from './normalise-containers.ts'
import { type EngineRequest, segments, sendForJson } from './request.ts'
import type { CallOptions, ListOptions, Local } from './types.ts'

/** Reading containers, and what is done with one that is there. */
export interface ContainerStateCalls {
  list(options?: ListOptions): Promise<Local<Container>[]>
  /** Null when gone. The list's fields of one container, completed by what only inspect tells. */
  read(id: string, options?: CallOptions): Promise<Local<Container> | null>
  /** The engine's own document (Docker's schema on both engines). */
  inspect(id: string, options?: CallOptions): Promise<Record<string, unknown>>
  /** libpod's own document, which tells more: Podman alone. */
  inspectLibpod(id: string, options?: CallOptions): Promise<Record<string, unknown>>
  /** 'already' is the engine's 304. */
  start(id: string, options?: CallOptions): Promise<'done' | 'already'>
  stop(id: string, stop: { graceSeconds?: number }, options?: CallOptions): Promise<'done' | 'already'>
  restart(id: string, stop: { graceSeconds?: number }, options?: CallOptions): Promise<'done'>
  pause(id: string, options?: CallOptions): Promise<'done'>
  unpause(id: string, options?: CallOptions): Promise<'done'>
  kill(id: string, signal: string, options?: CallOptions): Promise<'done'>
  rename(id: string, name: string, options?: CallOptions): Promise<'done'>
  /** 'already' is the engine's 404. */
  remove(
    id: string,
    remove: { force: boolean; volumes: boolean },
    options?: CallOptions,
  ): Promise<'done' | 'already'>
}

const row = containerSchema.omit({ hostId: true })

export function createContainerStateCalls(context: EngineContext): ContainerStateCalls {
  const { transport, docker, libpod, isPodman, json, rows } = context
  const change = async (
    id: string,
    verb: string,
    query: EngineRequest['query'],
    options: CallOptions = {},
  ) => {
    const grace = typeof query?.t === 'number' ? query.t * 1000 : 10_000
    const isUntimed = (verb === 'stop' || verb === 'restart') && query?.t === undefined && !options?.timeoutMs
    const laterTimeoutMs = isUntimed ? patience(id) : undefined
    const answer = await sendForJson(transport, {
      method: 'POST',
      path: docker(`/containers/${segments(id)}/${verb}`),
      query,
      subject: 'container',
      timeoutMs: timeouts.change + grace,
      laterTimeoutMs,
      ...given(options),
    })
    return answer.status === 304 ? ('already' as const) : ('done' as const)
  }
  /**
   * Milliseconds that a stop may take: its own stop timeout where no other is given. Below 0 it is never killed. Asked beside
   * the stop and not before it: Docker's inspect waits for a container that hangs, which is the one to be stopped.
   */
  const patience = async (id: string): Promise<number> => {
    const found = await json<{ Config?: { StopTimeout?: number | null } }>(
      docker(`/containers/${segments(id)}/json`),
      { subject: 'container' },
    )
    const seconds = found?.Config?.StopTimeout ?? 10
    return seconds < 0 ? timeouts.transfer : timeouts.change + seconds * 1000
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
    async list(options) {
      const list = { ...listing, query: { all: true } }
      return isPodman()
        ? rows(libpod('/containers/json'), { of: fromLibpodList, schema: row }, list, options)
        : named(await rows(docker('/containers/json'), { of: fromDockerList, schema: row }, list, options))
    },

    async read(id, options) {
      // libpod's document and not the compatible one: only it knows the pod.
      const path = isPodman()
        ? libpod(`/containers/${segments(id)}/json`)
        : docker(`/containers/${segments(id)}/json`)
      try {
        const found = await json<InspectedContainer>(path, { subject: 'container' }, options)
        const read = understood(() => fromInspect(found))
        return understoodAs(row, 'GET /containers/{id}/json', read)
      } catch (error) {
        if (error instanceof AppError && error.code === 'container_not_found') return null
        throw error
      }
    },

    inspect: async (id, options) =>
      readDocument(
        context,
        containerDocument,
        docker(`/containers/${segments(id)}/json`),
        'container',
        options,
      ),
    inspectLibpod: async (id, options) =>
      readDocument(
        context,
        containerDocument,
        libpod(`/containers/${segments(id)}/json`),
        'container',
        options,
      ),
    start: async (id, options) => change(id, 'start', undefined, options),
    stop: async (id, stop, options) => change(id, 'stop', { t: stop.graceSeconds }, options),
    restart: async (id, stop, options) => changed(id, 'restart', { t: stop.graceSeconds }, options),
    pause: async (id, options) => changed(id, 'pause', undefined, options),
    unpause: async (id, options) => changed(id, 'unpause', undefined, options),
    kill: async (id, signal, options) => changed(id, 'kill', { signal }, options),
    rename: async (id, name, options) => changed(id, 'rename', { name }, options),

    async remove(id, remove, options) {
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
  }
}
