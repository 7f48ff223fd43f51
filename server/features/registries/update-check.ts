import type { Container } from '#lib/contracts/containers.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { ImageUpdate, Updates, updateHours } from '#lib/contracts/updates.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import type { Visibility } from '../../access/visibility.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import { toApiError } from '../../messages.ts'
import { registryReference } from './reference.ts'
import type { RegistryService } from './service.ts'

type Hours = (typeof updateHours)[number]

export interface UpdateCheck {
  /** For the images of the containers in sight. */
  read(visibility: Pick<Visibility, 'container'>): Promise<Updates>
  /** Checks every image in use now, or joins the check under way. Resolves when it has begun. */
  run(): void
  setSchedule(everyHours: Hours): Promise<void>
  stop(): void
}

const settingKey = 'update_check_hours'
/** References asked for at a time, over all registries: each is one HEAD request. */
const width = 4
/** Digests of an image asked for where its tag is not there: an index and the image in it are two. */
const mostDigests = 3
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
 * after a restart they are asked for anew. What is read is for the containers and images that are there then.
 */
export async function createUpdateCheck(parts: {
  db: Database
  fleet: FleetState
  registries: Pick<RegistryService, 'remoteDigest' | 'onChange'>
}): Promise<UpdateCheck> {
  const { db, fleet, registries } = parts
  const row = await db.selectFrom('settings').select('value').where('key', '=', settingKey).executeTakeFirst()
  let everyHours: Hours = ([0, 1, 6, 24] as const).find((hours) => String(hours) === row?.value) ?? 24
  /** By reference and image, of the last check of each. */
  let results = new Map<string, ImageUpdate>()
  /** Registries whose account changed since they were asked. */
  const changed = new Set<string>()
  let running: {
    controller: AbortController
    ofAll: boolean
    asked: ReadonlySet<string>
    found: Map<string, ImageUpdate>
  } | null = null
  let allNext = false
  let timer: NodeJS.Timeout | undefined

  const inUse = (visibility?: Pick<Visibility, 'container'>) => {
    const containers = fleet.all('containers')
    return imagesInUse(visibility ? containers.filter(visibility.container) : containers, fleet.all('images'))
  }
  /** Of what is in sight, how many are being asked for; one at least until all is told, which is at the end. */
  const remainingOf = (seen: readonly InUse[]) => {
    if (!running) return 0
    const { asked, found } = running
    const mine = seen.map(keyOf).filter((key) => asked.has(key))
    return mine.length === 0 ? 0 : Math.max(1, mine.filter((key) => !found.has(key)).length)
  }
  const begin = (waiting: InUse[], ofAll: boolean) => {
    const controller = new AbortController()
    const found = new Map<string, ImageUpdate>()
    running = { controller, ofAll, asked: new Set(waiting.map(keyOf)), found }
    /** One answer serves every host and image of a reference. */
    const answers = new Map<string, Promise<string | null>>()
    const digestOf = (reference: string) => {
      const asking = answers.get(reference) ?? registries.remoteDigest(reference, controller.signal)
      answers.set(reference, asking)
      return asking
    }
    const worker = async () => {
      for (let next = waiting.pop(); next && !controller.signal.aborted; next = waiting.pop())
        found.set(keyOf(next), await compare(next, digestOf))
    }
    const ended = () => {
      running = null
      if (controller.signal.aborted) return
      results = ofAll ? found : new Map([...results, ...found])
      if (ofAll) schedule(everyHours * 60 * minuteMs)
      if (allNext) run()
      else if (changed.size > 0) askChanged()
    }
    void Promise.all(Array.from({ length: width }, worker)).then(ended)
  }
  const run = () => {
    if (running) {
      allNext ||= !running.ofAll
      return
    }
    allNext = false
    changed.clear()
    begin(inUse(), true)
  }
  /** What was asked as somebody else, or as nobody, is asked anew; what was not asked at all waits for its time. */
  const askChanged = () => {
    const again = inUse().filter((one) => results.has(keyOf(one)) && changed.has(addressOf(one)))
    changed.clear()
    if (again.length > 0) begin(again, false)
  }
  const unsubscribe = registries.onChange((address) => {
    changed.add(address)
    if (!running) askChanged()
  })
  const schedule = (delayMs: number) => {
    clearTimeout(timer)
    if (everyHours === 0) return
    // Up to a tenth later: many dashboards must not ask a registry at the same moment.
    timer = setTimeout(run, delayMs * (1 + Math.random() / 10))
    timer.unref()
  }
  schedule(firstDelayMs)

  return {
    async read(visibility) {
      // What no container runs any more has no newer image, whatever was found.
      const seen = inUse(visibility)
      const updates = seen.flatMap((one) => results.get(keyOf(one)) ?? [])
      return { everyHours, remaining: remainingOf(seen), updates }
    },
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
      unsubscribe()
      running?.controller.abort()
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
    if (!parsed || parsed.digest || /^(?:sha256:)?[0-9a-f]{12,64}$/.test(image)) continue
    found.set(keyOf({ reference: image, imageId }), {
      reference: image,
      imageId,
      repoDigests: [...(digests.get(imageId) ?? [])],
    })
  }
  return [...found.values()]
}

const keyOf = ({ reference, imageId }: Pick<InUse, 'reference' | 'imageId'>) => `${reference} ${imageId}`
const addressOf = ({ reference }: InUse) => registryReference(reference).address

/**
 * What the registry says of an image in use. Podman has digests for what was built and loaded, too: only when the
 * registry knows one of them did the image come from there, or go there.
 */
export async function compare(
  { reference, imageId, repoDigests }: InUse,
  digestOf: (reference: string) => Promise<string | null>,
): Promise<ImageUpdate> {
  const base = { reference, imageId, remoteDigest: null, error: null }
  const checkedAt = () => new Date().toISOString()
  try {
    const known = digestsFor(reference, repoDigests)
    // Podman's name for what has none: built here. It is no registry of anybody's.
    const isLocal = registryReference(reference).address === 'localhost' || known.length === 0
    if (isLocal) return { ...base, state: 'local', checkedAt: checkedAt() }
    const remoteDigest = await digestOf(reference)
    if (remoteDigest !== null) {
      const state = known.includes(remoteDigest) ? 'current' : 'newer'
      return { ...base, state, remoteDigest, checkedAt: checkedAt() }
    }
    const repository = parseImageRef(reference)?.repository
    for (const digest of known.slice(0, mostDigests)) {
      const isThere = (await digestOf(`${repository}@${digest}`)) !== null
      if (isThere) return { ...base, state: 'gone', checkedAt: checkedAt() }
    }
    return { ...base, state: 'local', checkedAt: checkedAt() }
  } catch (error) {
    const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
    return { ...base, state: 'failed', checkedAt: checkedAt(), error: toApiError(known) }
  }
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
