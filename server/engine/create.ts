import { AppError } from '../errors.ts'
import { fullId } from './compat.ts'
import { type EngineContext, timeouts } from './context.ts'
import { understood } from './errors.ts'
import { segments, sendForJson, sendForText } from './request.ts'
import type { CallOptions } from './types.ts'

/** Docker's body of `POST /containers/create`, which Podman takes as well. */
export interface CreateBody {
  Image: string
  HostConfig: Record<string, unknown>
  NetworkingConfig?: { EndpointsConfig: Record<string, Record<string, unknown>> }
  [field: string]: unknown
}

export interface CreateCalls {
  /** Throws container_name_taken, image_not_found, container_spec_invalid with the engine's words. */
  createContainer(
    create: { name?: string | undefined; platform?: string | undefined; body: CreateBody },
    options?: CallOptions,
  ): Promise<{ id: string; warnings: string[] }>
  /** Puts a container into one more network. */
  connectNetwork(
    network: string,
    id: string,
    endpoint: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<void>
}

/** Seconds. Podman 4 takes an absent StopTimeout for 0 and kills at once; everywhere else 10 is what absent means. */
const usualStopTimeout = 10

export function createCreateCalls({ transport, isPodman, docker }: EngineContext): CreateCalls {
  return {
    async createContainer({ name, platform, body }, options) {
      try {
        const { json } = await sendForJson<{ Id: string; Warnings?: string[] | null }>(transport, {
          method: 'POST',
          path: docker('/containers/create'),
          query: { name, platform },
          body: isPodman() ? { StopTimeout: usualStopTimeout, ...body } : body,
          subject: 'image',
          timeoutMs: timeouts.change,
          ...(options?.signal ? { signal: options.signal } : {}),
        })
        return understood(() => ({ id: fullId(json.Id), warnings: json.Warnings ?? [] }))
      } catch (error) {
        if (error instanceof AppError && (error.code === 'engine_error' || error.code === 'conflict'))
          throw new AppError('container_spec_invalid', { ...error.context, cause: error })
        throw error
      }
    },
    async connectNetwork(network, id, endpoint, options) {
      // Podman answers "OK", which is no JSON.
      await sendForText(transport, {
        method: 'POST',
        path: docker(`/networks/${segments(network)}/connect`),
        body: { Container: id, EndpointConfig: endpoint },
        subject: 'container',
        timeoutMs: timeouts.change,
        ...(options?.signal ? { signal: options.signal } : {}),
      })
    },
  }
}
