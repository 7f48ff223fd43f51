import { pullInputSchema, pushInputSchema } from '#lib/contracts/image-transfer.ts'
import { parseImageRef } from '#lib/image-ref.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { RegistryService } from '../registries/service.ts'
import { defineTask, type PlannedStep, type TaskDefinition } from '../tasks/types.ts'

export const pullKind = 'images.pull'
export const pushKind = 'images.push'

interface Parts {
  registry: HostRegistry
  registries: Pick<RegistryService, 'engineAuth'>
}

/** Pulls an image on several hosts, with the account that is stored for its registry: no host is logged in. */
export function pullTask({ registry, registries }: Parts): TaskDefinition {
  return defineTask({
    kind: pullKind,
    input: pullInputSchema,
    params: ({ reference, hostIds }) => ({ name: reference, count: hostIds.length }),
    plan({ reference, hostIds, platform }) {
      if (!parseImageRef(reference)) throw new AppError('reference_invalid', { detail: reference })
      return [...new Set(hostIds)].map(
        (hostId): PlannedStep => ({
          ...{ key: `pull ${hostId}`, hostId, subject: reference, verb: 'pull', permission: 'images.pull' },
          async run({ signal, progress }) {
            const engine = registry.engine(hostId)
            const registryAuth = await registries.engineAuth(reference)
            await engine.pullImage({ reference, platform, registryAuth, signal, progress })
            const image = (await engine.inspectImage(reference, { signal })) as { Id?: string }
            return { imageId: String(image.Id ?? '') }
          },
        }),
      )
    },
  })
}

/** Pushes an image from one host. Throws reference_invalid for a name by digest: nothing can be pushed under one. */
export function pushTask({ registry, registries }: Parts): TaskDefinition {
  return defineTask({
    kind: pushKind,
    input: pushInputSchema,
    params: ({ reference }) => ({ name: reference }),
    plan({ reference, hostId }) {
      const parsed = parseImageRef(reference)
      if (!parsed || parsed.digest) throw new AppError('reference_invalid', { detail: reference })
      const { repository, tag } = parsed
      const step: PlannedStep = {
        ...{ key: `push ${hostId}`, hostId, subject: reference, verb: 'push', permission: 'images.push' },
        async run({ signal, progress }) {
          const registryAuth = await registries.engineAuth(reference)
          const pushed = { repository, tag: tag ?? 'latest', registryAuth, signal, progress }
          const digest = await registry.engine(hostId).pushImage(pushed)
          return digest === null ? undefined : { digest }
        },
      }
      return [step]
    },
  })
}
