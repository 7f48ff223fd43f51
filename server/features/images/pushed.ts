import { z } from 'zod'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { EngineClient } from '../../engine/types.ts'
import { KnownEnd } from '../../tasks/change.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import type { TakenUp } from '../../tasks/types.ts'
import type { RegistryService } from '../registries/service.ts'
import { type ImageDocument, idOf } from './same-image.ts'

/** On the disk before a push is asked. */
const keptPushSchema = z.object({
  reference: z.string(),
  /** Null until the image was looked up, and where its engine told none. */
  image: z.object({ id: z.string(), digests: z.array(z.string()) }).nullable(),
})
type KeptPush = z.infer<typeof keptPushSchema>

/** Milliseconds for which an engine may go on with a push whose caller went, and for the registry to answer. */
const lateMs = 3000
const registryMs = 15_000

/** Asks for nothing that the push needs: what an engine does not tell is looked for without it. */
export async function keptPush(
  engine: EngineClient,
  reference: string,
  signal: AbortSignal,
): Promise<KeptPush> {
  const document = (await engine.images
    .inspect(reference, { signal })
    .catch(() => null)) as ImageDocument | null
  if (!document?.Id) return { reference, image: null }
  const digests = (document.RepoDigests ?? []).map((name) => name.slice(name.indexOf('@') + 1))
  return { reference, image: { id: idOf(document), digests } }
}

/**
 * What came of a push that was cut: whether its registry has that image under that name, as this server reads it there with the
 * account that is stored. A registry that only the engine reaches leaves it unknown.
 */
export function takenUpPush(
  given: unknown,
  registries: Pick<RegistryService, 'remoteImage'>,
): TakenUp<TaskResult<'images.push'>> {
  const state = keptPushSchema.parse(given)
  const { reference, image } = state
  return inquiry({
    act: 'image.push',
    subject: reference,
    state,
    patienceMs: lateMs,
    async look() {
      const there = await registries.remoteImage(reference, AbortSignal.timeout(registryMs))
      if (!there) throw notDone()
      const { digest, configDigest } = there
      // The id is the configuration's digest or, with Docker's containerd store, the manifest's.
      const isIt = image && ([digest, configDigest].includes(image.id) || image.digests.includes(digest))
      if (!isIt) throw new KnownEnd('push_not_arrived', { params: { reference, found: digest } })
      return { digest }
    },
  })
}
