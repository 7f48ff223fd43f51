import type { Container } from '#lib/contracts/containers.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { ImageUpdate, Updates, updateHours } from '#lib/contracts/updates.ts'
import { parseImageRef } from '#lib/image-ref.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { FleetState } from '../live/types.ts'
import { toApiError } from '../messages.ts'
import { registryReference } from './reference.ts'
import type { RegistryService } from './service.ts'

type Hours = (typeof updateHours)[number]

export interface UpdateCheck {
  read(): Promise<Updates>
  /** Checks every image in use now, or joins the check under way. Resolves when it has begun. */
  run(): void
  setSchedule(everyHours: Hours): Promise<void>
  stop(): void
}

const settingKey = 'update_check_hours'
/** References asked for at a time, over all registries: each is one HEAD request. */
const width = 4
const minuteMs = 60_000
/** After our start, so that the hosts are listed. */
const firstDelayMs = 2 * minuteMs

/** A reference in use and the local image that it means on some hosts. */
export interface InUse {
  reference: string
  imageId: string
  repoDigests: readonly string[]
}

/**
 * Compares the digest of each tag in use with its registry's, now and then, without pulling. Results are kept in memory:
 * after a restart they are asked for anew.
 */
export async function createUpdateCheck(parts: {
  db: Database
  fleet: FleetState
  registries: RegistryService
}): Promise<UpdateCheck> {
  const { db, fleet, registries } = parts
  const row = await db.selectFrom('settings').select('value').where('key', '=', settingKey).executeTakeFirst()
  let everyHours: Hours = ([0, 1, 6, 24] as const).find((hours) => String(hours) === row?.value) ?? 24
  let updates: ImageUpdate[] = []
  let remaining = 0
  let running: AbortController | null = null
  let timer: NodeJS.Timeout | undefined

  const run = () => {
    if (running) return
    const controller = new AbortController()
    running = controller
    const waiting = imagesInUse(fleet.all('containers'), fleet.all('images'))
    remaining = waiting.length
    const found: ImageUpdate[] = []
    /** One answer serves every host and image of a reference. */
    const answers = new Map<string, Promise<string | null>>()
    const worker = async () => {
      for (let next = waiting.pop(); next && !controller.signal.aborted; next = waiting.pop()) {
        found.push(await compare(next, answers, controller.signal))
        if (remaining > 1) remaining--
      }
    }
    void Promise.all(Array.from({ length: width }, worker)).then(() => {
      if (!controller.signal.aborted) updates = found
      remaining = 0
      running = null
      return schedule(everyHours * 60 * minuteMs)
    })
  }
  const compare = async (
    inUse: InUse,
    answers: Map<string, Promise<string | null>>,
    signal: AbortSignal,
  ): Promise<ImageUpdate> => {
    const { reference, imageId, repoDigests } = inUse
    const base = { reference, imageId, remoteDigest: null, error: null }
    const checkedAt = () => new Date().toISOString()
    try {
      const known = digestsFor(reference, repoDigests)
      if (known.length === 0) return { ...base, state: 'local', checkedAt: checkedAt() }
      const asking = answers.get(reference) ?? registries.remoteDigest(reference, signal)
      answers.set(reference, asking)
      const remoteDigest = await asking
      const state = remoteDigest === null ? 'gone' : known.includes(remoteDigest) ? 'current' : 'newer'
      return { ...base, state, remoteDigest, checkedAt: checkedAt() }
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
      return { ...base, state: 'failed', checkedAt: checkedAt(), error: toApiError(known) }
    }
  }
  const schedule = (delayMs: number) => {
    clearTimeout(timer)
    if (everyHours === 0) return
    // Up to a tenth later: many dashboards must not ask a registry at the same moment.
    timer = setTimeout(run, delayMs * (1 + Math.random() / 10))
    timer.unref()
  }
  schedule(firstDelayMs)

  return {
    read: async () => ({ everyHours, remaining, updates }),
    run,
    async setSchedule(hours) {
      await db
        .insertInto('settings')
        .values({ key: settingKey, value: String(hours) })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: String(hours) }))
        .execute()
      everyHours = hours
      schedule(hours * 60 * minuteMs)
    },
    stop() {
      clearTimeout(timer)
      running?.abort()
    },
  }
}

/**
 * The tagged references that containers were made of, each with the local images it means (hosts may hold different
 * ones). A reference by digest can't have a newer one; an image whose tag moved on is compared by what still runs.
 */
export function imagesInUse(containers: readonly Container[], images: readonly Image[]): InUse[] {
  const digests = new Map<string, Set<string>>()
  for (const image of images) {
    const known = digests.get(image.id) ?? new Set()
    for (const digest of image.repoDigests) known.add(digest)
    digests.set(image.id, known)
  }
  const found = new Map<string, InUse>()
  for (const { image, imageId } of containers) {
    const parsed = parseImageRef(image)
    if (!parsed || parsed.digest || /^[0-9a-f]{12,64}$/.test(image)) continue
    found.set(`${image} ${imageId}`, {
      reference: image,
      imageId,
      repoDigests: [...(digests.get(imageId) ?? [])],
    })
  }
  return [...found.values()]
}

/** The digests under which the image came from that very repository; from another one they say nothing about it. */
export function digestsFor(reference: string, repoDigests: readonly string[]): string[] {
  const wanted = registryReference(reference)
  return repoDigests.flatMap((text) => {
    try {
      const { address, repository, reference: digest } = registryReference(text)
      return address === wanted.address && repository === wanted.repository ? [digest] : []
    } catch {
      // '<none>@<none>' of an image without any.
      return []
    }
  })
}
