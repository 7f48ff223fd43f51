import type { TaskStep } from '#lib/contracts/tasks.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { isManifestList } from './manifest-lists.ts'
import { parseNdjson } from './ndjson.ts'
import { failureOf, isOfRegistry, PullBars, type TransferLine, transferError } from './pull.ts'
import { segments, send, sendForJson } from './request.ts'

export interface PushRequest {
  repository: string
  tag: string
  /** X-Registry-Auth, for this push alone. */
  registryAuth?: string | undefined
  signal: AbortSignal
  progress?(bars: TaskStep['progress']): void
}

export interface PushCalls {
  /**
   * Pushes a tag to the registry that its repository names. Resolves with the manifest's digest where the engine tells it.
   * Throws image_not_found, push_denied, engine_disk_full and push_failed with the engine's own words (Docker's API, "Push an image").
   */
  push(request: PushRequest): Promise<string | null>
}

interface PushLine extends TransferLine {
  aux?: { Digest?: unknown } | null
}

export function createPushCalls(context: EngineContext): PushCalls {
  const { transport, docker, libpod, isPodman } = context
  /** Podman pushes of a manifest list the image of its own platform alone where it is not asked for the list. Says nothing meanwhile. */
  const pushList = async (name: string, headers: Record<string, string>, signal: AbortSignal) => {
    const { json } = await sendForJson<{ Id?: unknown } | undefined>(transport, {
      method: 'POST',
      path: libpod(`/manifests/${segments(name)}/registry/${segments(name)}`),
      query: { all: true },
      headers,
      subject: 'image',
      signal,
      timeoutMs: timeouts.transfer,
    })
    return /^sha256:[0-9a-f]{64}$/.test(String(json?.Id)) ? String(json?.Id) : null
  }
  return {
    async push({ repository, tag, registryAuth, signal, progress }) {
      // Older Docker refuses a push without the header: an empty account is "nobody".
      const headers = { 'x-registry-auth': registryAuth ?? 'e30=' }
      const name = `${repository}:${tag}`
      try {
        if (isPodman() && (await isManifestList(context, name, { signal })))
          return await pushList(name, headers, signal)
        const answer = await send(transport, {
          method: 'POST',
          path: docker(`/images/${segments(repository)}/push`),
          query: { tag },
          headers,
          subject: 'image',
          signal,
          timeoutMs: 2 * timeouts.change,
        })
        const bars = new PullBars()
        let digest: string | null = null
        for await (const line of parseNdjson<PushLine>(answer.body)) {
          const message = failureOf(line)
          if (message) throw transferError(message, 'push')
          digest = digestIn(line) ?? digest
          if (bars.take(line)) progress?.(bars.bars)
        }
        return digest
      } catch (error) {
        // Of an image that the host has not got, both engines say so before they ask the registry.
        if (error instanceof AppError && error.code !== 'image_not_found' && isOfRegistry(error))
          throw transferError(error.context.detail ?? '', 'push')
        throw transport.explain(error)
      }
    },
  }
}

function digestIn({ aux, status }: PushLine): string | null {
  return /^(?:.*digest: )?(sha256:[0-9a-f]{64})/.exec(String(aux?.Digest ?? status ?? ''))?.[1] ?? null
}
