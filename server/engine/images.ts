import {
  type Image,
  type ImageHistory,
  type ImageRemoveResult,
  imageHistorySchema,
  imageSchema,
} from '#lib/contracts/images.ts'
import { type EngineContext, given, listing, timeouts } from './context.ts'
import { readDocument } from './document.ts'
import { imageDocument } from './inspect-documents.ts'
import { fromHistory, fromImageList } from './normalise.ts'
import { segments, sendForJson } from './request.ts'
import type { CallOptions, ListOptions, Local } from './types.ts'

export interface StoredImageCalls {
  list(options?: ListOptions): Promise<Local<Image>[]>
  inspect(id: string, options?: CallOptions): Promise<Record<string, unknown>>
  history(id: string, options?: CallOptions): Promise<ImageHistory>
  tag(id: string, reference: { repository: string; tag: string }, options?: CallOptions): Promise<void>
  remove(
    reference: string,
    remove: { force: boolean; noprune: boolean },
    options?: CallOptions,
  ): Promise<Omit<ImageRemoveResult, 'containers'>>
}

const imageRow = imageSchema.omit({ hostId: true })

/**
 * The images that an engine has.
 * @param withPlatforms says of Podman's manifest lists what is in them
 */
export function createStoredImageCalls(
  context: EngineContext,
  withPlatforms: (images: Local<Image>[], options?: CallOptions) => Promise<Local<Image>[]>,
): StoredImageCalls {
  const { transport, docker, libpod, isPodman, rows } = context
  return {
    async list(options) {
      const row = { of: fromImageList, schema: imageRow }
      if (!isPodman()) return rows(docker('/images/json'), row, listing, options)
      return withPlatforms(await rows(libpod('/images/json'), row, listing, options), options)
    },
    inspect: async (id, options) =>
      readDocument(context, imageDocument, docker(`/images/${segments(id)}/json`), 'image', options),
    history: async (id, options) =>
      rows(
        docker(`/images/${segments(id)}/history`),
        { of: fromHistory, schema: imageHistorySchema.element },
        { subject: 'image' },
        options,
      ),

    async tag(id, reference, options) {
      await sendForJson(transport, {
        method: 'POST',
        path: docker(`/images/${segments(id)}/tag`),
        query: { repo: reference.repository, tag: reference.tag },
        subject: 'image',
        timeoutMs: timeouts.change,
        ...given(options),
      })
    },

    async remove(reference, remove, options) {
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
  }
}
