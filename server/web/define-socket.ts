import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { closeCodes } from '#lib/close-codes.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Access } from '../access/access.ts'
import type { ChangedBy } from '../access/access-changes.ts'
import type { Log } from '../log.ts'
import type { Principal } from '../principal/principal.ts'
import { ClientSocket } from './client-socket.ts'

/** A WebSocket endpoint. Like a route, it does not exist without its permission. */
export interface SocketDefinition<Out = unknown, Query = unknown> {
  path: `/api/${string}`
  access: Permission
  /** It only shows: an administrator who looks as somebody else may have it. */
  inPreview?: true
  /** Of the address's query, which is refused at the upgrade when it does not fit. */
  query?: z.ZodType<Query>
  open(channel: Channel<Out, Query>): void
}

/** What a socket does with what its client says. */
export interface ClientFrames<In> {
  /** @param size bytes of the message */
  frame(frame: In, size: number): void
  /** Binary messages. A socket without it closes on one. */
  bytes?(data: Buffer): void
}

/** An open socket of somebody: frames out as JSON, and the rule for rights that end. */
export class Channel<Out = unknown, Query = unknown> extends ClientSocket {
  readonly principal: Principal
  readonly query: Query
  private readonly access: Pick<Access, 'onChanged'>

  constructor(
    socket: WebSocket,
    log: Log,
    of: { principal: Principal; query: Query; access: Pick<Access, 'onChanged'> },
  ) {
    super(socket, log)
    this.principal = of.principal
    this.query = of.query
    this.access = of.access
  }

  /** @param taken called when the network has taken it */
  say(frame: Out, taken?: () => void): void {
    this.send(JSON.stringify(frame), taken)
  }

  /** Ends it: its client said what does not fit. */
  misunderstood(): void {
    this.close(closeCodes.notUnderstood, 'not understood')
  }

  /**
   * Ends it with `rightsChanged` as soon as the rights that it stands on are others than now.
   * @param rights compared as JSON
   * @param stayed told of changes that leave them as they are: other things may be in sight
   */
  endWhenChanged(rights: () => unknown, stayed?: (by: ChangedBy) => void): void {
    const now = () => JSON.stringify(rights())
    const before = now()
    const stop = this.access.onChanged((by) => {
      if (now() !== before) this.end({ changed: true })
      else stayed?.(by)
    }, this.drop)
    this.onClose(stop)
  }
}

/**
 * A socket, of which this is shared: a message that is no frame of `frames` closes it (1008), nobody who reads slowly
 * costs more than the bounds of `ClientSocket`, and it ends with its rights.
 */
export function defineSocket<In, Out, Query = unknown>({
  frames,
  open,
  ...definition
}: Omit<SocketDefinition<Out, Query>, 'open'> & {
  frames: z.ZodType<In>
  open(channel: Channel<Out, Query>): ClientFrames<In>
}): SocketDefinition<Out, Query> {
  return {
    ...definition,
    open(channel) {
      const client = open(channel)
      channel.onMessage((data, isBinary) => {
        if (isBinary && client.bytes) return client.bytes(data)
        const { success, data: frame } = frames.safeParse(isBinary ? undefined : parsed(String(data)))
        if (success) client.frame(frame, data.length)
        else channel.misunderstood()
      })
    },
  }
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
