import type { LiveFrame, TopicFrames, TopicParams } from '#lib/contracts/live.ts'
import type { TopicName } from '#lib/live-topics.ts'
import type { ChangedBy } from '../access/access-changes.ts'
import type { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { toApiError } from '../messages.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import { tell } from '../publisher.ts'
import type { Feed } from './client-socket.ts'
import type { Channel } from './define-socket.ts'

/** What a feature tells on the live socket. */
export interface TopicDefinition<Name extends TopicName> {
  name: Name
  /**
   * Throws unless this very thing is for them: asked after the topic's permission, and again whenever tags or names are
   * others, which ends the subscription. Absent: what is told is cut to what they see.
   */
  authorize?(authorize: Authorize, principal: Principal, params: TopicParams[Name]): void
  /** Begins to tell. An AppError that it throws is the answer. */
  open(subscription: Subscription<TopicFrames[Name], TopicParams[Name]>): void
}

/** A topic of any name. */
export interface Topic extends Omit<TopicDefinition<TopicName>, 'authorize' | 'open'> {
  authorize?(authorize: Authorize, principal: Principal, params: unknown): void
  open(subscription: Subscription): void
}

/** A topic; its name says which frames and parameters are its own. */
export function defineTopic<Name extends TopicName>(definition: TopicDefinition<Name>): Topic {
  // The live socket reads the parameters by the schema of this name, and nothing else makes a subscription.
  return definition as unknown as Topic
}

/** Somebody who follows one topic, on a socket that others share. It ends by itself, by its page, or with the socket. */
export class Subscription<Frame = unknown, Params = unknown> {
  readonly id: string
  readonly principal: Principal
  readonly params: Params
  private readonly channel: Channel<LiveFrame>
  private readonly log: Log
  private readonly ending: (() => void)[] = []
  private readonly changed: ((by: ChangedBy) => void)[] = []
  private isOpen = true

  constructor(channel: Channel<LiveFrame>, log: Log, of: { id: string; params: Params }) {
    this.channel = channel
    this.log = log
    this.id = of.id
    this.params = of.params
    this.principal = channel.principal
  }

  /** Sends what may not be left out. */
  say(frame: Frame): void {
    if (this.isOpen) this.channel.send(this.enveloped(JSON.stringify(frame)))
  }

  /** As that of the socket, of frames as JSON: one text for all who are told the same. */
  feed(snapshot: () => string): Feed {
    const feed = this.channel.feed(() => this.enveloped(snapshot()))
    this.onEnd(feed.stop)
    return {
      begin: () => this.isOpen && feed.begin(),
      offer: (text) => this.isOpen && feed.offer(this.enveloped(text)),
      stop: feed.stop,
    }
  }

  /** Whether the socket has more waiting than it should: what can be left out is. */
  isBehind(): boolean {
    return this.channel.isBehind()
  }

  /** Lets go of what it held, in whichever way it ends. */
  onEnd(listener: () => void): void {
    this.ending.push(listener)
  }

  /** Told of changed rights after which it is still theirs: other things may be in sight. */
  onChanged(listener: (by: ChangedBy) => void): void {
    this.changed.push(listener)
  }

  tellChanged(by: ChangedBy): void {
    for (const listener of this.changed) if (this.isOpen) tell(this.log, listener, by, this.drop)
  }

  /** It is over, and its page is told why. */
  refuse(error: AppError): void {
    if (!this.isOpen) return
    this.end()
    this.channel.say({ type: 'ended', id: this.id, error: toApiError(error) })
  }

  /** It is over. */
  end(): void {
    this.isOpen = false
    for (const listener of this.ending.splice(0)) tell(this.log, listener, undefined)
  }

  /**
   * A fault of ours, logged already: the socket ends, and the page comes back and asks for all anew. A topic alone that
   * goes on no more would look as if nothing happened.
   */
  readonly drop = (): void => this.channel.drop()

  /** Frames are written once for many; the id, which is a page's own, has no character that JSON escapes. */
  private enveloped(frame: string): string {
    return `{"type":"frame","id":"${this.id}","frame":${frame}}`
  }
}
