import { type LiveFrame, liveRequestSchema, topicParams } from '#lib/contracts/live.ts'
import { liveTopics, type TopicName } from '#lib/live-topics.ts'
import type { Access } from '../access/access.ts'
import type { ChangedBy } from '../access/access-changes.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { toApiError } from '../messages.ts'
import type { Authorize } from '../principal/principal.ts'
import { type Channel, defineSocket, type SocketDefinition } from './define-socket.ts'
import { toAppError } from './error-response.ts'
import { Subscription, type Topic } from './live-topic.ts'

const beatEveryMs = 10_000
/** Bytes of a request. A page's own are a hundred or two. */
const mostRequestBytes = 4096
/**
 * Subscriptions that begin on one socket: at once, and in a second from then on. Each may cost a snapshot of everything,
 * and ending it again costs who asks nothing.
 */
const most = { atOnce: 60, aSecond: 2 }

interface Parts {
  access: Pick<Access, 'rightsOf' | 'authorize'>
  /** Its denials are recorded. */
  authorize: Authorize
  log: Log
}

/**
 * The live socket: many subscriptions of one page, each with its own permission and its own end. They share what belongs to
 * the network and to the person: the bounds for who reads slowly, and the end with rights that are others now.
 * Throws unless each topic of the table is told by one feature.
 */
export function liveSocket(topics: readonly Topic[], parts: Parts): SocketDefinition {
  const byName = new Map<string, Topic>()
  for (const topic of topics) {
    if (byName.has(topic.name)) throw new Error(`Two features tell the topic ${topic.name}.`)
    byName.set(topic.name, topic)
  }
  const untold = Object.keys(liveTopics).filter((name) => !byName.has(name))
  if (untold.length > 0) throw new Error(`No feature tells the topic ${untold.join(', ')}.`)

  // Erased: a channel is of a page, whichever topics it follows.
  return defineSocket({
    path: '/api/live',
    access: 'hosts.view',
    inPreview: true,
    frames: liveRequestSchema,
    open(channel: Channel<LiveFrame>) {
      const page = new LivePage(channel, byName, parts)
      return {
        frame(request, size) {
          if (request.type === 'unsubscribe') page.unsubscribe(request.id)
          else page.subscribe(request, size)
        },
      }
    },
  }) as SocketDefinition
}

interface Open {
  topic: Topic
  subscription: Subscription
}

/** What one page follows. */
class LivePage {
  private readonly open = new Map<string, Open>()
  private readonly rate = new Rate()
  /** Something was refused: after other tags or names the page may ask again. */
  private isRefused = false
  private readonly channel: Channel<LiveFrame>
  private readonly topics: ReadonlyMap<string, Topic>
  private readonly parts: Parts

  constructor(channel: Channel<LiveFrame>, topics: ReadonlyMap<string, Topic>, parts: Parts) {
    this.channel = channel
    this.topics = topics
    this.parts = parts
    const beat = setInterval(() => {
      if (!channel.isBehind()) channel.say({ type: 'beat', now: new Date().toISOString() })
    }, beatEveryMs)
    beat.unref()
    channel.onClose(() => {
      clearInterval(beat)
      for (const { subscription } of this.open.values()) subscription.end()
      this.open.clear()
    })
    channel.endWhenChanged(
      () => parts.access.rightsOf(channel.principal),
      (by) => {
        const mayAsk = this.isRefused
        this.isRefused = false
        for (const each of this.open.values()) this.askAgain(each, by)
        if (mayAsk) channel.say({ type: 'rights' })
      },
    )
  }

  subscribe({ id, topic: name, params = {} }: { id: string; topic: string; params?: unknown }, size: number) {
    let subscription: Subscription | undefined
    try {
      const topic = this.admitted(id, name, size)
      const { channel, parts } = this
      parts.authorize(channel.principal, liveTopics[topic.name].needs)
      const read = topicParams[topic.name].parse(params)
      topic.authorize?.(parts.authorize, channel.principal, read)
      subscription = new Subscription(channel, parts.log, { id, params: read })
      subscription.onEnd(() => this.open.delete(id))
      this.open.set(id, { topic, subscription })
      topic.open(subscription)
    } catch (error) {
      subscription?.end()
      const known = toAppError(error)
      if (known.code === 'internal') this.channel.fail(error)
      else this.refuse(id, known)
    }
  }

  /** What has ended meanwhile is none of its page's faults. */
  unsubscribe(id: string): void {
    this.open.get(id)?.subscription.end()
  }

  /** What is no longer theirs ends by itself; the rest is told that there may be more or less to see. */
  private askAgain({ topic, subscription }: Open, by: ChangedBy): void {
    try {
      topic.authorize?.(this.parts.access.authorize, subscription.principal, subscription.params)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.isRefused = true
      subscription.refuse(error)
    }
    subscription.tellChanged(by)
  }

  private refuse(id: string, error: AppError): void {
    this.isRefused = true
    this.channel.say({ type: 'refused', id, error: toApiError(error) })
  }

  /** The topic, where nothing but a person's rights is in the way. Throws body_too_large, topic_unknown, subscription_exists, too_many_streams, too_many_requests. */
  private admitted(id: string, name: string, size: number): Topic {
    if (size > mostRequestBytes) throw new AppError('body_too_large', { params: { limit: mostRequestBytes } })
    const topic = this.topics.get(name)
    if (!topic) throw new AppError('topic_unknown')
    if (this.open.has(id)) throw new AppError('subscription_exists')
    const limit = liveTopics[topic.name as TopicName].most
    const same = [...this.open.values()].filter((each) => each.topic === topic)
    if (same.length >= limit) throw new AppError('too_many_streams', { params: { limit } })
    if (!this.rate.take()) throw new AppError('too_many_requests')
    return topic
  }
}

/** How often something may begin: so often at once, and then at a pace. */
class Rate {
  private left = most.atOnce
  private since = performance.now()

  /** False: too often. */
  take(): boolean {
    const now = performance.now()
    this.left = Math.min(most.atOnce, this.left + ((now - this.since) / 1000) * most.aSecond)
    this.since = now
    if (this.left < 1) return false
    this.left--
    return true
  }
}
