import type { Permission } from './permissions.ts'

/** A topic of the live socket, as both its ends know it. */
export interface LiveTopic {
  /** Held somewhere, or it is refused. What of it is told is for the topic itself to cut. */
  needs: Permission
  /** Subscriptions of one socket. A page has one for all of its hooks. */
  most: number
}

/**
 * What a page may follow on the live socket. A new topic is a line here, its shapes in `lib/contracts/live.ts`, and the
 * entry in `topics` of the feature that tells it.
 */
export const liveTopics = {
  /** All objects of all hosts. */
  fleet: { needs: 'hosts.view', most: 1 },
  /** What every container uses, at a low rate. */
  stats: { needs: 'containers.stats', most: 1 },
  /** What one container uses, as it does. */
  'container-stats': { needs: 'containers.stats', most: 20 },
  /** Long work of the one who asks. */
  tasks: { needs: 'hosts.view', most: 1 },
} as const satisfies Readonly<Record<string, LiveTopic>>

export type TopicName = keyof typeof liveTopics
