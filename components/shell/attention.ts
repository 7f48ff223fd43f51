import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'

/** Whether the rail marks it. A paused host is somebody's wish, a connecting one is on its way. */
export function hostNeedsAttention(host: Host): boolean {
  return host.state === 'unreachable' || host.state === 'unresponsive' || host.state === 'unauthorised'
}

/** Broken now. Containers that ended are not: most of them are jobs that did their work. */
export function containerNeedsAttention(container: Container): boolean {
  return (
    container.health === 'unhealthy' ||
    container.state === 'restarting' ||
    container.state === 'dead' ||
    container.oomKilled
  )
}
