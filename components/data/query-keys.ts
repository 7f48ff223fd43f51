/** Keys of everything fetched by request. Live lists are not here: they come by the live socket. */
export const queryKeys = {
  session: () => ['session'] as const,
  setup: () => ['setup'] as const,
  signIn: () => ['sign-in'] as const,
  factors: () => ['account', 'factors'] as const,
  accountSessions: () => ['account', 'sessions'] as const,
  discoveredHosts: () => ['hosts', 'discovered'] as const,
  container: (hostId: string, id: string) => ['containers', hostId, id] as const,
  image: (hostId: string, id: string) => ['images', hostId, id] as const,
  imageHistory: (hostId: string, id: string) => ['images', hostId, id, 'history'] as const,
}
