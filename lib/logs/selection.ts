import type { Container } from '#lib/contracts/containers.ts'
import type { LogSelection } from '#lib/contracts/logs.ts'
import { maximumSources } from '#lib/logs/limits.ts'

type Ref = Pick<Container, 'hostId' | 'id'>

/** The page that shows the logs of these containers; short ids keep the link readable. */
export function logsHref(containers: readonly Ref[]): string {
  const refs = containers.slice(0, maximumSources).map(({ hostId, id }) => `${hostId}/${id.slice(0, 12)}`)
  return `/logs?containers=${refs.join(',')}`
}

export const stackLogsHref = (stack: string) => `/logs?filter=${encodeURIComponent(`stack:${stack}`)}`

/** What a link means: its containers that are (still) there, else its filter. Null when nothing is chosen. */
export function readSelection(
  named: string,
  filter: string,
  containers: readonly Container[],
): LogSelection | null {
  const wanted = new Set(named.split(',').filter(Boolean))
  const found = containers.filter(({ hostId, id }) => wanted.has(`${hostId}/${id.slice(0, 12)}`))
  if (found.length > 0) return { containers: found.map(({ hostId, id }) => ({ hostId, containerId: id })) }
  return filter.trim() === '' ? null : { filter }
}
