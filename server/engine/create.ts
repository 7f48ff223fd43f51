import { AppError } from '../errors.ts'
import { fullId } from './compat.ts'
import { type EngineContext, timeouts } from './context.ts'
import { understood } from './errors.ts'
import { type EngineRequest, sendForJson } from './request.ts'
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
  create(
    create: { name?: string | undefined; platform?: string | undefined; body: CreateBody },
    options?: CallOptions,
  ): Promise<{ id: string; warnings: string[] }>
  /** As `create`, by libpod's own body: Podman alone. */
  createLibpod(
    body: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<{ id: string; warnings: string[] }>
}

/** Seconds. Podman 4 takes an absent StopTimeout for 0 and kills at once; everywhere else 10 is what absent means. */
const usualStopTimeout = 10

export function createCreateCalls(context: EngineContext): CreateCalls {
  const { transport, isPodman, docker, libpod } = context
  const create = async (
    path: string,
    query: EngineRequest['query'],
    body: unknown,
    options: CallOptions | undefined,
  ) => {
    try {
      const { json } = await sendForJson<{ Id: string; Warnings?: string[] | null }>(transport, {
        method: 'POST',
        path,
        query: query ?? {},
        body,
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
  }
  return {
    create: ({ name, platform, body }, options) =>
      create(
        docker('/containers/create'),
        { name, platform },
        isPodman() ? { StopTimeout: usualStopTimeout, ...body } : body,
        options,
      ),
    createLibpod: (body, options) => create(libpod('/containers/create'), {}, body, options),
  }
}
