import type { TaskDefinition } from '../tasks/types.ts'
import type { AnyRoute } from './define-route.ts'
import type { SocketDefinition } from './define-socket.ts'
import type { Topic } from './live-topic.ts'

/** What a noun adds to the server. Its `index` says what it needs of others, and makes its service once. */
export interface Feature {
  routes: readonly AnyRoute[]
  sockets?: readonly SocketDefinition[]
  /** What it tells on the live socket. */
  topics?: readonly Topic[]
  /** Kinds of long work. Known before changes that the last end of the server has cut are gone on with. */
  tasks?: readonly TaskDefinition[]
  /** Lets go of what runs by itself. Called when no request is under way and tasks have ended, while hosts are still reachable. */
  close?(): void | Promise<void>
}
