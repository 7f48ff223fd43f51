import { QueryClient } from '@tanstack/react-query'
import { ApiFailure } from './api.ts'

/** Requests are retried once, and only when nobody answered: a refusal stays a refusal. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) =>
          count < 1 && error instanceof ApiFailure && error.error.code === 'server_unreachable',
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false },
    },
  })
}
