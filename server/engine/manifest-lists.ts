import { z } from 'zod'
import type { Image, ImageRemoveResult } from '#lib/contracts/images.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, given, timeouts } from './context.ts'
import { minor, understoodAs } from './document.ts'
import { segments, sendForJson } from './request.ts'
import type { CallOptions, Local } from './types.ts'

/**
 * Bytes of more than any manifest list. Podman's list of images tells before 5.0 of none what it is; there each small row is
 * asked about.
 */
const largestList = 64 * 1024

const listSchema = z.looseObject({
  manifests: z
    .array(
      z.looseObject({
        platform: minor(
          z.looseObject({
            os: minor(z.string()),
            architecture: minor(z.string()),
            variant: minor(z.string()),
          }),
        ),
      }),
    )
    .nullish(),
})

/**
 * Podman keeps manifest lists among its images. Its calls for images take one for the image of the host's own platform that
 * it names, or say that it does not exist; these are the calls for the list itself (libpod, "manifests").
 */
export interface ManifestListCalls {
  /** The document (OCI image index, or Docker's list). Throws image_not_found. */
  inspectManifestList(id: string, options?: CallOptions): Promise<Record<string, unknown>>
  tagManifestList(
    id: string,
    reference: { repository: string; tag: string },
    options?: CallOptions,
  ): Promise<void>
  /** Takes the names away, and the list with the last of them; without a name, by its id. The images that it names stay. */
  removeManifestList(
    id: string,
    names: readonly string[],
    options?: CallOptions,
  ): Promise<Pick<ImageRemoveResult, 'untagged' | 'deleted'>>
}

export function createManifestListCalls(context: EngineContext): ManifestListCalls & {
  withPlatforms(images: Local<Image>[], options?: CallOptions): Promise<Local<Image>[]>
} {
  const { transport, libpod, json } = context
  const inspect = (id: string, options?: CallOptions) =>
    json<Record<string, unknown>>(
      libpod(`/manifests/${segments(bare(id))}/json`),
      { subject: 'image' },
      options,
    )
  const platforms = async (id: string, options?: CallOptions): Promise<string[]> => {
    const { manifests } = understoodAs(listSchema, 'a manifest list', await inspect(id, options))
    const found = (manifests ?? []).map(({ platform }) =>
      [platform?.os, platform?.architecture, platform?.variant].filter(Boolean).join('/'),
    )
    return [...new Set(found.filter((each) => each !== ''))].sort()
  }
  return {
    inspectManifestList: inspect,
    /** The same rows, in which each manifest list tells its platforms. One that is gone by now stays as it was. */
    async withPlatforms(images, options) {
      const known = async (image: Local<Image>): Promise<Local<Image>> => {
        const maybe = image.arch === null && image.size < largestList
        if (image.platforms === null && !(maybe && (await isManifestList(context, image.id, options))))
          return image
        return { ...image, platforms: await platforms(image.id, options).catch(lost([])) }
      }
      return Promise.all(images.map(known))
    },
    async tagManifestList(id, { repository, tag }, options) {
      await sendForJson(transport, {
        method: 'POST',
        path: libpod(`/images/${segments(bare(id))}/tag`),
        query: { repo: repository, tag },
        subject: 'image',
        timeoutMs: timeouts.change,
        ...given(options),
      })
    },
    async removeManifestList(id, names, options) {
      const result = { untagged: [] as string[], deleted: [] as string[] }
      for (const name of names.length > 0 ? names : [bare(id)]) {
        const { json: told } = await sendForJson<Removal | undefined>(transport, {
          method: 'DELETE',
          path: libpod(`/manifests/${segments(name)}`),
          subject: 'image',
          timeoutMs: timeouts.change,
          ...given(options),
        })
        const [error] = told?.Errors ?? []
        // Said with 200 by Podman 4.3.
        if (error) throw new AppError('engine_error', { detail: error })
        result.untagged.push(...(told?.Untagged ?? []))
        result.deleted.push(...(told?.Deleted ?? []))
      }
      return result
    },
  }
}

interface Removal {
  Untagged?: string[] | null
  Deleted?: string[] | null
  Errors?: string[] | null
}

/** Whether a name or id is a manifest list: of an image, Podman says so with 500. */
export async function isManifestList(
  { libpod, json }: EngineContext,
  name: string,
  options?: CallOptions,
): Promise<boolean> {
  const path = libpod(`/manifests/${segments(bare(name))}/exists`)
  return json(path, { subject: 'image' }, options).then(() => true, lost(false))
}

const bare = (id: string) => id.replace(/^sha256:/, '')

/** Of an engine that answers with an error: the value. What kept it from answering is thrown. */
function lost<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof AppError && !error.code.startsWith('host_') && error.status < 504) return value
    throw error
  }
}
