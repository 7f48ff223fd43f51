import { z } from 'zod'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { EngineClient, ImageCalls } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { KnownEnd } from '../../tasks/change.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import type { TakenUp } from '../../tasks/types.ts'
import { keptNames, keptNamesSchema, lateImagesMs, movedNames } from './there.ts'

interface ImageDocument {
  Id?: string
  Os?: string
  Architecture?: string
  Variant?: string
}

/**
 * Asks the engine for what a builder says it made. Throws build_not_as_asked when it does not have it, when a tag names
 * another image, or when it is for another platform than was asked for.
 * @param tags in full.
 */
export async function checkBuilt(
  engine: { images: Pick<ImageCalls, 'inspect'> },
  imageId: string,
  asked: { tags: readonly string[]; platform: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const find = async (reference: string) => {
    try {
      return (await engine.images.inspect(reference, { signal })) as ImageDocument
    } catch (error) {
      if (error instanceof AppError && error.code === 'image_not_found') return null
      throw error
    }
  }
  const differs = (detail: string) => new AppError('build_not_as_asked', { detail })
  const bare = (id: string | undefined) => String(id).replace(/^sha256:/, '')
  const image = await find(imageId)
  if (!image) throw differs(`The engine has no image ${imageId}.`)
  const wrong: string[] = []
  for (const tag of asked.tags) {
    const tagged = await find(tag)
    if (bare(tagged?.Id) !== bare(image.Id)) wrong.push(`${tag} names ${tagged?.Id ?? 'no image'}.`)
  }
  const made = [image.Os, image.Architecture, image.Variant].filter(Boolean).join('/')
  if (asked.platform && !isPlatform(made, asked.platform))
    wrong.push(`It is for ${made}, not ${asked.platform}.`)
  if (wrong.length > 0) throw differs([`Built: ${imageId}.`, ...wrong].join('\n'))
}

/** On the disk before a build is sent. */
const keptBuildSchema = keptNamesSchema.extend({
  platform: z.string().optional(),
  isSent: z.boolean(),
})

/** @param asked.tags in full */
export async function keptBuild(
  engine: EngineClient,
  { tags, platform }: { tags: readonly string[]; platform: string | undefined },
): Promise<z.infer<typeof keptBuildSchema>> {
  return { ...(await keptNames(engine, tags)), ...(platform ? { platform } : {}), isSent: true }
}

/**
 * What came of a build that was cut: whether its tags have been given another image since. One whose every step was in the
 * cache makes the image that its tags name already: then nothing was changed, and it is told as not done.
 */
export function takenUpBuild(given: unknown): TakenUp<TaskResult<'images.build'>> {
  const state = keptBuildSchema.parse(given)
  const { names, platform, isSent } = state
  const tags = names.map(({ name }) => name)
  return inquiry({
    act: 'image.build',
    subject: tags.join(', '),
    state,
    patienceMs: lateImagesMs,
    async look(engine) {
      if (!isSent) throw notDone()
      // Which of its images without a name it made, an engine does not tell.
      if (tags.length === 0) throw new AppError('step_outcome_unknown')
      const imageId = await movedNames(engine, state)
      const never = new AbortController().signal
      await checkBuilt(engine, imageId, { tags, platform }, never).catch((error: unknown) => {
        const isOther = error instanceof AppError && error.code === 'build_not_as_asked'
        throw isOther ? new KnownEnd(error.code, error.context) : error
      })
      return { imageId }
    },
  })
}

/** Other names of an architecture (containerd, platforms/database.go). */
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armhf: 'arm',
  armel: 'arm',
}

/** Whether they are one platform, as far as both say: an engine may leave out the variant, a person the system. */
function isPlatform(made: string, asked: string): boolean {
  const parts = (platform: string) => {
    const [first = '', second, variant] = platform.toLowerCase().split('/')
    const [os, arch] = second === undefined ? ['linux', first] : [first, second]
    return { os, arch: architectures[arch] ?? arch, variant }
  }
  const [one, other] = [parts(made), parts(asked)]
  const isVariant = !one.variant || !other.variant || one.variant === other.variant
  return one.os === other.os && one.arch === other.arch && isVariant
}
