import type { Log } from '../log.ts'
import { Publisher, type Subscribe, tell } from '../publisher.ts'
import type { Principal } from './principal.ts'

/**
 * Whose rights ended: one session or token, or everything of a person. With `changed` they are others now, and who is
 * signed in stays it.
 */
export type Ended = ({ sessionId: string } | { userId: string }) & { changed?: true }

/** A principal whose request or socket is told when its rights end. */
export interface Admitted {
  principal: Principal
  /** When the request or socket is over. */
  release(): void
}

export interface Revocation {
  /** Null when `read` finds nobody. `end` is called at once, and once, when the rights of who was found end. */
  admit(read: () => Promise<Principal | null>, end: (ended: Ended) => void): Promise<Admitted | null>
  end(ended: Ended): void
  /** Grows with each ending, for who looks twice. */
  endings(): number
  /** For what goes on without a request, such as a task. */
  onEnded: Subscribe<Ended>
}

/** Who is inside with a running request or an open socket. */
export function createRevocation(log: Log): Revocation {
  const inside = new Set<{ principal: Principal; end(ended: Ended): void }>()
  const endingsOf = new Publisher<Ended>(log)
  let endings = 0
  return {
    async admit(read, end) {
      for (;;) {
        const before = endings
        const principal = await read()
        if (!principal) return null
        // What ended between the look and this line is looked at again: else it would be inside and never told.
        if (before !== endings) continue
        const entry = { principal, end }
        inside.add(entry)
        return { principal, release: () => inside.delete(entry) }
      }
    },
    end(ended) {
      endings++
      for (const entry of inside) {
        const { userId, sessionId } = entry.principal
        if ('userId' in ended ? ended.userId !== userId : ended.sessionId !== sessionId) continue
        inside.delete(entry)
        tell(log, entry.end, ended)
      }
      endingsOf.publish(ended)
    },
    endings: () => endings,
    onEnded: endingsOf.subscribe,
  }
}
