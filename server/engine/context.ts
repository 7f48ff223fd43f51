import type { z } from 'zod'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import type { Transport } from '../transport/types.ts'
import { readRows } from './document.ts'
import { type EngineRequest, sendForJson } from './request.ts'
import type { CallOptions, ListOptions } from './types.ts'

/**
 * Milliseconds. A list of an engine with thousands of containers takes seconds; a stop takes its grace besides. A transfer
 * takes as long as it takes, with an engine that gathers on its disk in silence: this is where nobody waits any more.
 */
export const timeouts = {
  ping: 5000,
  read: 15_000,
  list: 45_000,
  change: 60_000,
  transfer: 24 * 60 * 60 * 1000,
}

/** Of a request for a list. */
export const listing = { timeoutMs: timeouts.list }

/** What the calls of one engine share, so that each capability (logs, exec, archive, ...) is a file of its own. */
export interface EngineContext {
  transport: Transport
  isPodman(): boolean
  /** Path of Docker's API in the negotiated version. Throws host_connecting before the first connect. */
  docker(path: string): string
  /** Path of libpod's API. */
  libpod(path: string): string
  json<T>(path: string, rest?: Partial<EngineRequest>, options?: CallOptions): Promise<T>
  /** A list, each row as its schema promises; what is odd goes to `options.odd`, or is thrown. */
  rows<Raw, T extends z.ZodType>(
    path: string,
    row: { of: (raw: Raw) => z.input<T>; schema: T },
    rest: Partial<EngineRequest>,
    options?: ListOptions,
  ): Promise<z.output<T>[]>
}

/** @param info what connect() found last; null before. */
export function createEngineContext(transport: Transport, info: () => EngineInfo | null): EngineContext {
  const version = () => {
    const known = info()
    if (!known)
      throw new AppError('host_connecting', { detail: 'The engine has not been asked for its version yet.' })
    return known.apiVersion
  }
  const isPodman = () => info()?.flavour === 'podman'
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
  const rows = async <Raw, T extends z.ZodType>(
    path: string,
    { of, schema }: { of: (raw: Raw) => z.input<T>; schema: T },
    rest: Partial<EngineRequest>,
    options?: ListOptions,
  ): Promise<z.output<T>[]> =>
    readRows(await json<unknown>(path, rest, options), `GET ${path}`, of, schema, options?.odd)
  return { transport, isPodman, docker, libpod, json, rows }
}

/** Options given by the caller win over the call's defaults; undefined ones don't. */
export function given(options: CallOptions = {}): Partial<EngineRequest> {
  return {
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.timeoutMs ? { timeoutMs: options.timeoutMs } : {}),
  }
}
