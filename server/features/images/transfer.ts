import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { cutPull } from '../../engine/pull.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { inquiry } from '../../tasks/inquiry.ts'
import { defineTask, type PlannedStep, type TaskDefinition } from '../../tasks/types.ts'
import { withAccount } from '../registries/accounts.ts'
import type { RegistryService } from '../registries/service.ts'
import { keptPush, takenUpPush } from './pushed.ts'
import { keptNames, keptNamesSchema, lateImagesMs, movedNames } from './there.ts'

export const pullKind = 'images.pull'
export const pushKind = 'images.push'

interface Parts {
  registry: HostRegistry
  registries: Pick<RegistryService, 'accountFor' | 'remoteImage'>
}

/** Pulls an image on several hosts, with the account that is stored for its registry: no host is logged in. */
export function pullTask({
  registry,
  registries,
}: Pick<Parts, 'registry'> & { registries: Pick<RegistryService, 'accountFor'> }): TaskDefinition {
  return defineTask({
    kind: pullKind,
    params: ({ reference, hostIds }) => ({ name: reference, count: hostIds.length }),
    plan({ reference, hostIds, platform }) {
      if (!parseImageRef(reference)) throw new AppError('reference_invalid', { detail: reference })
      return [...new Set(hostIds)].map(
        (hostId): PlannedStep<TaskResult<'images.pull'>> => ({
          key: `pull ${hostId}`,
          hostId,
          subject: reference,
          verb: 'pull',
          act: 'image.pull',
          kept: () => ({ names: [] }),
          async run({ signal, progress, keep }) {
            const engine = registry.engine(hostId)
            await keep(await keptNames(engine, [reference]))
            const { warnings } = await withAccount(registries, { reference, hostId }, (registryAuth) =>
              engine.images.pull({ reference, platform, registryAuth, signal, progress }),
            )
            const { Id: imageId } = await engine.images
              .inspect(reference, { signal })
              .catch((error: unknown) => {
                throw error instanceof AppError && error.code === 'image_not_found' ? cutPull() : error
              })
            // Said to be there only where the engine says what is there.
            if (typeof imageId !== 'string')
              throw new AppError('engine_answer_invalid', { detail: `An image without an id: ${reference}` })
            return warnings.length > 0 ? { imageId, warnings: warnings.join(' ') } : { imageId }
          },
        }),
      )
    },
    takeUp(given) {
      const state = keptNamesSchema.parse(given)
      return inquiry({
        act: 'image.pull',
        subject: state.names.map(({ name }) => name).join(', '),
        state,
        patienceMs: lateImagesMs,
        look: async (engine) => ({ imageId: await movedNames(engine, state) }),
      })
    },
  })
}

/** Pushes an image from one host. Throws reference_invalid for a name by digest: nothing can be pushed under one. */
export function pushTask({ registry, registries }: Parts): TaskDefinition {
  return defineTask({
    kind: pushKind,
    params: ({ reference }) => ({ name: reference }),
    plan({ reference, hostId }) {
      const parsed = parseImageRef(reference)
      if (!parsed || parsed.digest) throw new AppError('reference_invalid', { detail: reference })
      const { repository, tag } = parsed
      const step: PlannedStep<TaskResult<'images.push'>> = {
        key: `push ${hostId}`,
        hostId,
        subject: reference,
        verb: 'push',
        act: 'image.push',
        kept: () => ({ reference, image: null }),
        async run({ signal, progress, keep }) {
          await keep(await keptPush(registry.engine(hostId), reference, signal))
          const digest = await withAccount(registries, { reference, hostId }, (registryAuth) =>
            registry
              .engine(hostId)
              .images.push({ repository, tag: tag ?? 'latest', registryAuth, signal, progress }),
          )
          return digest === null ? undefined : { digest }
        },
      }
      return [step]
    },
    takeUp: (given) => takenUpPush(given, registries),
  })
}
