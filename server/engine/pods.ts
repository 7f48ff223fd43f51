import { type Pod, podSchema } from '#lib/contracts/pods.ts'
import { type EngineContext, listing } from './context.ts'
import { fromPod } from './normalise.ts'
import type { ListOptions, Local } from './types.ts'

export interface PodCalls {
  /** Empty on Docker. */
  list(options?: ListOptions): Promise<Local<Pod>[]>
}

const schema = podSchema.omit({ hostId: true })

export function createPodCalls({ libpod, isPodman, rows }: EngineContext): PodCalls {
  return {
    async list(options) {
      return isPodman() ? rows(libpod('/pods/json'), { of: fromPod, schema }, listing, options) : []
    },
  }
}
