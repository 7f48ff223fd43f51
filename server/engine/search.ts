import type { ImageMatch } from '#lib/contracts/image-search.ts'
import { AppError } from '../errors.ts'
import type { EngineContext } from './context.ts'
import { plainWords, understood } from './errors.ts'

/** Milliseconds: the engine asks a registry somewhere else, and dockerd itself gives up after ten seconds. */
const searchMs = 20_000

export interface SearchCalls {
  /**
   * Images of the registries that the engine itself searches: Docker Hub for Docker, those of registries.conf for Podman.
   * Throws image_search_failed with the engine's words. (Docker's API, "Search images".)
   */
  search(term: string, options: { limit: number; signal: AbortSignal }): Promise<ImageMatch[]>
}

interface Found {
  name?: string
  description?: string
  star_count?: number
  is_official?: boolean
}

export function createSearchCalls({ docker, json, isPodman }: EngineContext): SearchCalls {
  return {
    async search(term, { limit, signal }) {
      try {
        const query = { term, limit }
        const found = await json<Found[] | null>(docker('/images/search'), {
          query,
          signal,
          timeoutMs: searchMs,
        })
        return understood(() => (found ?? []).map(fromFound))
      } catch (error) {
        if (!(error instanceof AppError) || error.context.params?.status === undefined) throw error
        const { detail = '', params } = error.context
        // Podman says so of a search without matches, also when it has no registry to search.
        if (isPodman() && params?.status === 404 && /image not known/i.test(detail)) return []
        throw new AppError('image_search_failed', { detail, cause: error })
      }
    },
  }
}

function fromFound({ name = '', description = '', star_count = 0, is_official = false }: Found): ImageMatch {
  return {
    name: plainWords(name, 512),
    description: plainWords(description, 300),
    stars: Number(star_count),
    isOfficial: is_official === true,
  }
}
