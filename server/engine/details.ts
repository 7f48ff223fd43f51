import type { Readable } from 'node:stream'
import type { Changes, Processes, UpdateOptions } from '#lib/contracts/container-details.ts'
import { AppError } from '../errors.ts'
import { imageId } from './compat.ts'
import { type EngineContext, timeouts } from './context.ts'
import { understood } from './errors.ts'
import { segments, send, sendForJson, sendForText } from './request.ts'
import type { CallOptions } from './types.ts'

/** More is a whole file system, and no list for a person. */
const maximumChanges = 20_000
/** Milliseconds; the kernel's scheduler period that engines use for fractions of a CPU. */
const cpuPeriod = 100_000

/** Milliseconds: three weeks. A timer takes no more than 24 days. */
const waitMs = 21 * 24 * 3600 * 1000

export interface DetailCalls {
  /** Throws container_not_running. */
  processes(id: string, args: string, options?: CallOptions): Promise<Processes>
  changes(id: string, options?: CallOptions): Promise<Changes>
  /**
   * Resolves with the exit code when it ends; at once when it does not run. Cut when the host is. Throws exit_code_unknown where
   * the engine has lost it.
   */
  wait(id: string, signal: AbortSignal): Promise<number>
  /** Its file system as a tar, streamed; without volumes, as the engines define it. */
  export(id: string, signal: AbortSignal): Promise<Readable>
  /** Returns the new image's id. */
  commit(
    id: string,
    commit: { repository: string; tag: string; author?: string; message?: string; pause: boolean },
    options?: CallOptions,
  ): Promise<string>
  update(id: string, update: UpdateOptions, options?: CallOptions): Promise<void>
}

export function createDetailCalls({ transport, isPodman, docker, libpod, json }: EngineContext): DetailCalls {
  const subject = 'container'
  return {
    async processes(id, args, options) {
      const query = args === '' ? {} : { ps_args: args }
      const found = await json<{ Titles: string[]; Processes: string[][] | null }>(
        docker(`/containers/${segments(id)}/top`),
        { subject, query },
        options,
      )
      return understood(() => inColumns({ titles: found.Titles, rows: found.Processes ?? [] }))
    },
    async changes(id, options) {
      // Podman's compatible answer compares with the layer below the image's last one.
      const path = isPodman() ? libpod : docker
      const found = await json<{ Path: string; Kind: number }[] | null>(
        path(`/containers/${segments(id)}/changes`),
        { subject, timeoutMs: timeouts.list },
        options,
      )
      const kinds = ['modified', 'added', 'deleted'] as const
      return understood(() => ({
        items: (found ?? [])
          .slice(0, maximumChanges)
          .map(({ Path, Kind }) => ({ path: Path, kind: kinds[Kind] ?? 'modified' })),
        truncated: (found ?? []).length > maximumChanges,
      }))
    },
    async wait(id, signal) {
      const common = { method: 'POST', subject, signal, timeoutMs: waitMs } as const
      if (isPodman()) {
        // Podman 4's compatible answer is 0 for what it removed at its end, whatever the code was; its own knows it.
        const path = libpod(`/containers/${segments(id)}/wait`)
        const code = Number((await sendForText(transport, { ...common, path })).text)
        if (!Number.isInteger(code) || code < 0) throw new AppError('exit_code_unknown')
        return code
      }
      const { json: ended } = await sendForJson<{ StatusCode: number; Error?: { Message?: string } | null }>(
        transport,
        {
          ...common,
          path: docker(`/containers/${segments(id)}/wait`),
          query: { condition: 'not-running' },
        },
      )
      const { code, words } = understood(() => ({
        code: Number(ended.StatusCode),
        words: ended.Error?.Message,
      }))
      // The code beside an error is not the container's (`ContainerWaitResponse`).
      if (words) throw new AppError('exit_code_unknown', { detail: words })
      return code
    },
    async export(id, signal) {
      const answer = await send(transport, {
        method: 'GET',
        path: docker(`/containers/${segments(id)}/export`),
        subject,
        signal,
        timeoutMs: timeouts.list,
      })
      return answer.body
    },
    async commit(id, { repository, tag, author, message, pause }, options) {
      const { json: made } = await sendForJson<{ Id: string }>(transport, {
        method: 'POST',
        path: docker('/commit'),
        subject,
        timeoutMs: 10 * timeouts.change,
        query: { container: id, repo: repository, tag, author, comment: message, pause },
        body: {},
        ...(options?.signal ? { signal: options.signal } : {}),
      })
      // Podman's has no algorithm.
      return understood(() => imageId(made.Id))
    },
    async update(id, update, options) {
      const signal = options?.signal ? { signal: options.signal } : {}
      const common = { method: 'POST', subject, timeoutMs: timeouts.change, ...signal } as const
      if (isPodman()) {
        const { restartPolicy, restartRetries } = update
        // Podman answers with the bare id, which is no JSON.
        await sendForText(transport, {
          ...common,
          path: libpod(`/containers/${segments(id)}/update`),
          query: { restartPolicy, restartRetries },
          body: libpodResources(update),
        })
        return
      }
      await sendForJson(transport, {
        ...common,
        path: docker(`/containers/${segments(id)}/update`),
        body: dockerResources(update),
      })
    },
  }
}

/** Podman before 5 gives what the container's own ps printed, a line each: the last column takes the rest. */
export function inColumns({ titles, rows }: Processes): Processes {
  const [only] = titles
  if (titles.length !== 1 || only === undefined || !/\s/.test(only.trim())) return { titles, rows }
  const names = only.trim().split(/\s+/)
  const pattern = new RegExp(`^\\s*${'(\\S+)\\s+'.repeat(names.length - 1)}(.*)$`, 's')
  return {
    titles: names,
    rows: rows.map(([line = '']) => pattern.exec(line)?.slice(1) ?? [line]),
  }
}

function dockerResources(update: UpdateOptions): Record<string, unknown> {
  const { memory, memorySwap, cpus, cpuShares, pids, restartPolicy, restartRetries } = update
  return {
    ...(memory === undefined ? {} : { Memory: memory }),
    // A new memory limit above the old one of both together is refused, unless both come at once.
    ...(memorySwap === undefined
      ? memory === undefined
        ? {}
        : { MemorySwap: memory === 0 ? -1 : 2 * memory }
      : { MemorySwap: memorySwap }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(cpuShares === undefined ? {} : { CpuShares: cpuShares }),
    ...(pids === undefined ? {} : { PidsLimit: pids }),
    ...(restartPolicy === undefined
      ? {}
      : { RestartPolicy: { Name: restartPolicy, MaximumRetryCount: restartRetries ?? 0 } }),
  }
}

/** libpod takes the OCI run-time's own resources (opencontainers/runtime-spec, config-linux). */
function libpodResources({
  memory,
  memorySwap,
  cpus,
  cpuShares,
  pids,
}: UpdateOptions): Record<string, unknown> {
  const given = (fields: Record<string, number | undefined>) => {
    const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
    return entries.length > 0 ? Object.fromEntries(entries) : undefined
  }
  return {
    memory: given({ limit: memory === 0 ? -1 : memory, swap: memorySwap }),
    cpu: given({
      ...(cpus === undefined
        ? {}
        : { quota: cpus === 0 ? -1 : Math.round(cpus * cpuPeriod), period: cpuPeriod }),
      shares: cpuShares,
    }),
    pids: given({ limit: pids }),
  }
}
