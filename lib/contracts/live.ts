import { z } from 'zod'
import type { FleetFrame } from '../fleet/live-protocol.ts'
import type { TopicName } from '../live-topics.ts'
import { type ApiError, containerIdSchema, hostIdSchema } from './common.ts'
import type { ContainerStatsFrame, FleetStatsFrame } from './stats.ts'
import type { TaskFrame } from './tasks.ts'

/**
 * The live socket, `GET /api/live` (WebSocket, JSON text frames): one for each page, on which it subscribes to topics. Each
 * frame that a topic tells carries the id that the page gave its subscription. What a page may not follow is refused by a
 * frame, and ends nothing else; a message that is no request ends the socket.
 */
export const liveRequestSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('subscribe'),
    /** Of the page's choice. It goes out in frames as it came. */
    id: z.string().regex(/^[\w-]{1,32}$/),
    topic: z.string().max(64),
    /** As `topicParams` has them. */
    params: z.unknown().optional(),
  }),
  z.object({ type: z.literal('unsubscribe'), id: z.string().max(32) }),
])
export type LiveRequest = z.infer<typeof liveRequestSchema>

/** What each topic is asked for with. */
export const topicParams = {
  /** What is held after a cut: where it reaches, only what was missed is told. */
  fleet: z.object({ epoch: z.string().max(64).optional(), seq: z.int().min(0).optional() }),
  stats: z.object({}),
  'container-stats': z.object({ hostId: hostIdSchema, id: containerIdSchema }),
  tasks: z.object({}),
} satisfies Record<TopicName, z.ZodType>
export type TopicParams = { [Name in TopicName]: z.infer<(typeof topicParams)[Name]> }

/** What each topic tells. */
export interface TopicFrames {
  fleet: FleetFrame
  stats: FleetStatsFrame
  'container-stats': ContainerStatsFrame
  tasks: TaskFrame
}

export type LiveFrame<Name extends TopicName = TopicName> =
  | { type: 'frame'; id: string; frame: TopicFrames[Name] }
  /** The request was not carried out; a subscription that has this id already goes on. */
  | { type: 'refused'; id: string; error: ApiError }
  /** The subscription is over: what it was about is no longer for this person. */
  | { type: 'ended'; id: string; error: ApiError }
  /** To who was refused something: by other tags or names it may be theirs now. */
  | { type: 'rights' }
  /** Every 10 s, so that both ends notice a cut; `now` is the server's clock, for ages. */
  | { type: 'beat'; now: string }
