import type { TaskStep } from '#lib/contracts/tasks.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { withAccount } from '../registries/accounts.ts'
import type { RegistryService } from '../registries/service.ts'

export interface ImageWish {
  reference: string
  platform?: string | undefined
  pull: 'missing' | 'always' | 'never'
}

/**
 * Sees to it that a host has an image, with the account that is stored for its registry. Throws image_not_found where it
 * is missing and not to be pulled, and what a pull throws.
 * @param mayPull throws when the person may not pull; asked only when there is something to pull.
 */
export async function provideImage(
  parts: { registries: Pick<RegistryService, 'accountFor'>; hostId: string; mayPull(): void },
  engine: EngineClient,
  { reference, platform, pull }: ImageWish,
  context: { signal: AbortSignal; progress(bars: TaskStep['progress']): void },
): Promise<void> {
  const { signal, progress } = context
  if (pull !== 'always') {
    try {
      await engine.images.inspect(reference, { signal })
      return
    } catch (error) {
      const isMissing = error instanceof AppError && error.code === 'image_not_found'
      if (!isMissing || pull === 'never') throw error
    }
  }
  parts.mayPull()
  await withAccount(parts.registries, { reference, hostId: parts.hostId }, (registryAuth) =>
    engine.images.pull({ reference, platform, registryAuth, signal, progress }),
  )
}
