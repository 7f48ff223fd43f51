import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'

/** What each tab of a container is given, whichever feature it belongs to. */
export interface ContainerTabProps {
  container: Container
  host: Host | undefined
  /** The host does not answer: show what is known, ask nothing. */
  stale: boolean
}
