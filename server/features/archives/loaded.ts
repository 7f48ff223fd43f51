import { z } from 'zod'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import type { TakenUp } from '../../tasks/types.ts'
import { idOf } from '../images/same-image.ts'
import { expectImages, keptNamesSchema, lateImagesMs, movedNames } from '../images/there.ts'
import type { LoadChoice } from './load-stream.ts'

/** On the disk before what makes images of an archive is sent; without any until then. */
const keptLoadSchema = z.object({
  subject: z.string(),
  images: z.array(
    z.object({
      /** How the engine knows it. */
      ids: z.array(z.string()),
      /** Whether that is its configuration's digest, and proof. */
      isConfig: z.boolean(),
      layers: z.array(z.string()),
      names: z.array(z.string()),
    }),
  ),
})
type KeptLoad = z.infer<typeof keptLoadSchema>
/** Of a root file system nobody knows what id its image gets. */
const keptImportSchema = keptNamesSchema.extend({ subject: z.string() })

export function keptLoad(subject: string, chosen: readonly LoadChoice[], containerdStore: boolean): KeptLoad {
  return {
    subject,
    images: chosen.map(({ image, names }) => ({
      ids: containerdStore ? (image.manifest ? [image.manifest.digest] : []) : [image.configDigest],
      isConfig: !containerdStore,
      layers: image.layers.map(({ diffId }) => diffId),
      names,
    })),
  }
}

/** What came of a load that the server's end has cut. */
export function takenUpLoad(given: unknown): TakenUp<TaskResult<'archives.load'>> {
  const state = z.union([keptLoadSchema, keptImportSchema]).parse(given)
  return inquiry({
    act: 'image.load',
    subject: state.subject,
    state,
    patienceMs: lateImagesMs,
    async look(engine) {
      if (!('images' in state)) {
        const names = state.names.map(({ name }) => name).join(' ')
        return { imageId: await movedNames(engine, state), names }
      }
      if (state.images.length === 0) throw notDone()
      const ids = await expectImages(
        engine,
        state.images.map(({ ids: known, isConfig, layers, names }) => ({
          ids: known,
          names,
          isIt: (found) =>
            found.RootFS?.Layers?.join() === layers.join() && (!isConfig || known.includes(idOf(found))),
        })),
      )
      const names = state.images.flatMap((image) => image.names).join(' ')
      return { imageId: ids.join(' '), ...(names ? { names } : {}) }
    },
  })
}
