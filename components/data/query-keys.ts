/**
 * Keys of everything fetched by request. Live lists are not here: they come by the live socket. What a shorter key begins
 * is fetched again with it: `account()` stands for all that begins with `account`.
 */
export const queryKeys = {
  session: () => ['session'] as const,
  setup: () => ['setup'] as const,
  signIn: () => ['sign-in'] as const,
  join: (token: string | null) => ['join', token] as const,

  account: () => ['account'] as const,
  factors: () => ['account', 'factors'] as const,
  accountSessions: () => ['account', 'sessions'] as const,
  tokens: () => ['account', 'tokens'] as const,
  /** @param dialog each opening is a secret of its own */
  totp: (dialog: string) => ['account', 'totp', dialog] as const,

  users: () => ['users'] as const,
  /** @param given role and grants: another question when they change */
  access: (userId: string, hostId: string, containerId: string, given: unknown) =>
    ['users', userId, 'access', hostId, containerId, given] as const,
  roles: () => ['roles'] as const,

  discoveredHosts: () => ['hosts', 'discovered'] as const,
  engineAddress: (hostId: string) => ['hosts', hostId, 'engine-address'] as const,
  acknowledged: () => ['attention', 'acknowledged'] as const,
  disks: () => ['disk'] as const,
  disk: (hostId: string) => ['disk', hostId] as const,

  container: (hostId: string, id: string) => ['containers', hostId, id] as const,
  /** @param state what changes the document too */
  containerInspect: (hostId: string, id: string, state: unknown) =>
    ['containers', hostId, id, 'inspect', state] as const,
  containerChanges: (hostId: string, id: string) => ['containers', hostId, id, 'changes'] as const,
  containerProcesses: (hostId: string, id: string, args: string) =>
    ['containers', hostId, id, 'processes', args] as const,
  /** @param id null for one that is not there yet */
  containerSpec: (hostId: string | null, id: string | null) => ['spec', hostId, id] as const,
  bulkPlan: (action: string, containers: unknown, force: boolean) =>
    ['bulk', 'plan', action, containers, force] as const,
  filePreview: (container: string, path: string, revision: number) =>
    ['file', container, path, revision] as const,

  volumeSizes: (hostId: string) => ['volumes', hostId, 'sizes'] as const,
  /** @param state what changes the answer too */
  volume: (hostId: string, name: string, state: unknown) => ['volumes', hostId, name, state] as const,

  image: (hostId: string, id: string) => ['images', hostId, id] as const,
  imageHistory: (hostId: string, id: string) => ['images', hostId, id, 'history'] as const,
  imageSearch: (sourceId: string, term: string) => ['image-search', sourceId, term] as const,
  dockerfile: (path: string, file: unknown) => ['dockerfile', path, file] as const,
  updates: () => ['updates'] as const,

  registries: () => ['registries'] as const,
  repositories: (registryId: string) => ['repositories', registryId] as const,
  tags: (registryId: string, repository: string) => ['tags', registryId, repository] as const,
  manifest: (registryId: string, repository: string, tag: string) =>
    ['manifest', registryId, repository, tag] as const,

  archives: () => ['archives'] as const,
  archive: (id: string | undefined, state: string | undefined) => ['archives', id, state] as const,

  auditRecords: (filter: unknown) => ['audit', 'records', filter] as const,
  auditRecord: (sequence: number | null) => ['audit', 'one', sequence] as const,
  auditPeople: () => ['audit', 'people'] as const,
  auditRoles: () => ['audit', 'roles'] as const,
  auditState: () => ['audit-state'] as const,

  apiDescription: () => ['api-description'] as const,
}
