import { randomUUID } from 'node:crypto'
import type { Access } from '../../access/access.ts'
import type { Principal } from '../../principal/principal.ts'
import type { Ended } from '../../principal/revocation-of-rights.ts'
import type { Subscribe } from '../../publisher.ts'
import { OutputTail } from './output-tail.ts'
import type { TerminalOutput, TerminalSession } from './session.ts'

/** Milliseconds that a terminal waits for its browser: a reload, a change of networks, a laptop's lid. */
const keptMs = 5 * 60_000
/** Bytes of output that are shown again to who comes back. */
const tailBytes = 256 * 1024
/** Terminals of one person that wait; with one more the one that has waited longest ends. */
const mostOfPerson = 10

/** Whoever looks at a terminal. */
export interface Viewer extends TerminalOutput {
  exit(code: number | null): void
  /** Another window of the same sign-in has taken it over. */
  moved(): void
}

/** A terminal that goes on for some minutes when its browser has gone without ending it. */
export class KeptTerminal implements TerminalOutput {
  readonly id = randomUUID()
  readonly principal: Principal
  readonly where: { hostId: string; containerId: string }
  readonly mode: 'exec' | 'attach'
  /** Undefined until the engine has opened it. */
  session: TerminalSession | undefined
  /** When nobody looks: since when. */
  waitsSince: number | null = null
  private viewer: Viewer | null
  private readonly tail = new OutputTail(tailBytes)
  private isReady = true
  private exitCode: number | null | undefined

  constructor(
    principal: Principal,
    where: KeptTerminal['where'],
    mode: KeptTerminal['mode'],
    viewer: Viewer,
  ) {
    this.principal = principal
    this.where = where
    this.mode = mode
    this.viewer = viewer
  }

  data(bytes: Buffer): void {
    this.tail.add(bytes)
    if (this.viewer) this.viewer.data(bytes)
    // A build goes on while nobody looks.
    else this.session?.taken(bytes.length)
  }

  ready(ready: boolean): void {
    this.isReady = ready
    this.viewer?.ready(ready)
  }

  exited(code: number | null): void {
    this.exitCode = code
    this.viewer?.exit(code)
  }

  isShownBy(viewer: Viewer): boolean {
    return this.viewer === viewer
  }

  /** Nobody looks any more. */
  leave(): void {
    this.viewer = null
    this.waitsSince = performance.now()
    // What the browser that went has not acknowledged would hold the program up for ever.
    this.session?.taken(Number.MAX_SAFE_INTEGER)
  }

  /** @returns what the viewer has to be shown before anything else: output since `position`, as far as it is kept */
  show(viewer: Viewer, position: number): ReturnType<OutputTail['since']> {
    this.viewer?.moved()
    this.viewer = viewer
    this.waitsSince = null
    if (!this.isReady) viewer.ready(false)
    return this.tail.since(position)
  }

  /** Tells a viewer that came late that it is over, if it is. */
  tellExit(): void {
    if (this.exitCode !== undefined) this.viewer?.exit(this.exitCode)
  }
}

export interface KeptTerminals {
  add(terminal: KeptTerminal): void
  /** The terminal with this id, if it is this sign-in's and runs, or ran until its viewer was away. */
  find(id: string, principal: Principal, where: KeptTerminal['where']): KeptTerminal | undefined
  /** Ends it now. */
  end(terminal: KeptTerminal): Promise<void>
  /** Its browser has gone without a word: it is ended later, unless somebody comes back. */
  leave(terminal: KeptTerminal): void
  /** Ends all. What cannot be ended in time is looked after by the next start. */
  stop(): void
}

/**
 * @param mayStay whether what was opened would be opened now
 * @param onEnded told of sign-ins that end: what they opened ends with them
 */
export function createKeptTerminals(parts: {
  access: Pick<Access, 'onChanged'>
  onEnded: Subscribe<Ended>
  mayStay(terminal: KeptTerminal): boolean
  keptMs?: number
}): KeptTerminals {
  const terminals = new Map<string, KeptTerminal>()
  const timers = new Map<string, NodeJS.Timeout>()
  const end = async (terminal: KeptTerminal) => {
    clearTimeout(timers.get(terminal.id))
    timers.delete(terminal.id)
    if (terminals.delete(terminal.id)) await terminal.session?.end()
  }
  const endWhere = (isOver: (terminal: KeptTerminal) => boolean) => {
    for (const terminal of Array.from(terminals.values())) if (isOver(terminal)) void end(terminal)
  }
  const stops = [
    parts.access.onChanged(() => endWhere((terminal) => !parts.mayStay(terminal))),
    parts.onEnded((ended) =>
      endWhere(({ principal: { userId, sessionId } }) =>
        'userId' in ended ? ended.userId === userId : ended.sessionId === sessionId,
      ),
    ),
  ]
  return {
    add: (terminal) => void terminals.set(terminal.id, terminal),
    find(id, { userId, sessionId }, { hostId, containerId }) {
      const found = terminals.get(id)
      const isTheirs =
        found?.principal.userId === userId &&
        found.principal.sessionId === sessionId &&
        found.where.hostId === hostId &&
        found.where.containerId === containerId
      if (!isTheirs) return undefined
      clearTimeout(timers.get(id))
      timers.delete(id)
      return found
    },
    end,
    leave(terminal) {
      if (!terminals.has(terminal.id)) return
      terminal.leave()
      const timer = setTimeout(() => void end(terminal), parts.keptMs ?? keptMs)
      timers.set(terminal.id, timer.unref())
      const waiting = Array.from(terminals.values())
        .filter(
          ({ waitsSince, principal: { userId } }) =>
            waitsSince !== null && userId === terminal.principal.userId,
        )
        .sort((a, b) => (a.waitsSince ?? 0) - (b.waitsSince ?? 0))
      for (const longest of waiting.slice(0, Math.max(0, waiting.length - mostOfPerson))) void end(longest)
    },
    stop() {
      for (const stop of stops) stop()
      endWhere(() => true)
    },
  }
}
