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

export interface CreateCalls extends NamedCalls {
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

/** What a container's body names, as the engine has it; null for what is not there. */
export interface NamedCalls {
  namedVolume(
    name: string,
    options?: CallOptions,
  ): Promise<{ name: string; driver: string; options: Record<string, string> } | null>
  namedNetwork(
    name: string,
    options?: CallOptions,
  ): Promise<{ id: string; name: string; driver: string } | null>
  /** Ids of the containers that have a volume, running or not. */
  volumeUsers(name: string, options?: CallOptions): Promise<string[]>
  /** Whose an exec is, and whether it has all capabilities. */
  namedExec(id: string, options?: CallOptions): Promise<{ containerId: string; privileged: boolean } | null>
}

/** Seconds. Podman 4 takes an absent StopTimeout for 0 and kills at once; everywhere else 10 is what absent means. */
const usualStopTimeout = 10

export function createCreateCalls(context: EngineContext): CreateCalls {
  const { transport, isPodman, docker } = context
  return {
    ...createNamedCalls(context),
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

function createNamedCalls({ docker, json }: EngineContext): NamedCalls {
  const read = async <Raw, T>(path: string, options: CallOptions | undefined, of: (raw: Raw) => T) => {
    try {
      const raw = await json<Raw>(docker(path), {}, options)
      return understood(() => of(raw))
    } catch (error) {
      if (error instanceof AppError && error.context.params?.status === 404) return null
      throw error
    }
  }
  return {
    namedVolume: (name, options) =>
      read<
        { Name: string; Driver: string; Options?: Record<string, string> | null },
        { name: string; driver: string; options: Record<string, string> }
      >(`/volumes/${segments(name)}`, options, (raw) => ({
        ...{ name: String(raw.Name), driver: String(raw.Driver), options: raw.Options ?? {} },
      })),
    namedNetwork: (name, options) =>
      read<{ Id: string; Name: string; Driver: string }, { id: string; name: string; driver: string }>(
        `/networks/${segments(name)}`,
        options,
        (raw) => ({
          ...{ id: String(raw.Id), name: String(raw.Name), driver: String(raw.Driver) },
        }),
      ),
    async volumeUsers(name, options) {
      const query = { all: true, filters: JSON.stringify({ volume: [name] }) }
      const rows = await json<{ Id: string }[] | null>(docker('/containers/json'), { query }, options)
      return understood(() => (rows ?? []).map(({ Id }) => fullId(Id)))
    },
    namedExec: (id, options) =>
      read<
        { ContainerID: string; ProcessConfig?: { privileged?: boolean } | null },
        { containerId: string; privileged: boolean }
      >(`/exec/${segments(id)}/json`, options, (raw) => ({
        containerId: fullId(raw.ContainerID),
        privileged: raw.ProcessConfig?.privileged === true,
      })),
  }
}
