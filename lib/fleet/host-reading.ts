import type { Host, HostReading } from '../contracts/hosts.ts'

export type ReadKind = HostReading['failed'][number]['kind']
export type ReadFailure = HostReading['failed'][number]

/**
 * The worst of what an online host's lists fail with, containers first; null when all is read. A kind that is not allowed
 * is somebody's wish (a proxy before the engine's socket may hide volumes), but for containers.
 */
export function unreadOf(host: Host): ReadFailure | null {
  if (host.state !== 'online') return null
  const { failed } = host.reading
  return (
    failed.find(({ kind }) => kind === 'containers') ??
    failed.find(({ error }) => error.code !== 'engine_rights_missing') ??
    null
  )
}

/** Whether what is shown of that kind is from before: the host is away, or its list fails. */
export function isOldOf(host: Host, kind: ReadKind): boolean {
  return host.state !== 'online' || host.reading.failed.some((failure) => failure.kind === kind)
}

/** Whether its containers were ever read: until then "none" is not known. */
export const isCounted = (host: Host): boolean => host.syncedAt !== null
