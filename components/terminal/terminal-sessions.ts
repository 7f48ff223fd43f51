import { useSyncExternalStore } from 'react'
import { type OpenTerminal, openTerminals, tellOpenTerminals } from '#components/data/open-terminals.ts'
import { TerminalClient, type TerminalRequest, type TerminalStatus } from './terminal-client.ts'

/**
 * Terminals that are open in this page. They outlive the view that shows them: who looks at the fleet and comes back finds
 * the same shell. They end by themselves and when they are closed; a page that is loaded again resumes them, as the server
 * keeps them for some minutes.
 */
export interface TerminalSession {
  readonly key: string
  readonly request: TerminalRequest
  readonly status: TerminalStatus
  /** Of the server's; null before it is open. */
  readonly id: string | null
  readonly client: TerminalClient
  /** Holds the screen; it is moved into the view that shows it. */
  readonly element: HTMLElement
}

/** Set by the view that shows it; nobody is asked while nobody looks. */
type AskPaste = (lines: number) => Promise<boolean>

const sessions = new Map<string, TerminalSession>()
const asking = new Map<string, AskPaste>()
const listeners = new Set<() => void>()
let all: readonly TerminalSession[] = []
const none: readonly TerminalSession[] = []

function changed(): void {
  all = [...sessions.values()]
  for (const listener of listeners) listener()
  const running = all.filter(({ status }) => !isOver(status))
  tellOpenTerminals([
    ...running.map(({ key, id, request: { hostId, containerId, ...choice } }) => ({
      key,
      hostId,
      containerId,
      id,
      choice,
    })),
    ...awaiting.values(),
  ])
}

/** Of before the page was loaded again, not yet shown. */
const awaiting = new Map<string, OpenTerminal>()
function takeUp(): void {
  if (sessions.size === 0 && awaiting.size === 0)
    for (const terminal of openTerminals()) awaiting.set(terminal.key, terminal)
}

export const isOver = ({ state }: TerminalStatus): boolean =>
  state === 'over' || state === 'cut' || state === 'moved' || state === 'failed'

/**
 * @param ref of the container: `hostId/` and the first 12 of its id
 * @param index which of several terminals in it
 */
export const sessionKey = (ref: string, index = 0): string => `${ref} ${index}`

/** Shows the session of that key in `place`, or opens one there. Returns what takes it off the view again. */
export function showSession(
  key: string,
  request: TerminalRequest,
  place: HTMLElement,
  view: { theme: 'light' | 'dark'; askPaste: AskPaste },
): () => void {
  takeUp()
  asking.set(key, view.askPaste)
  const kept = sessions.get(key)
  if (kept) {
    place.append(kept.element)
    kept.client.retheme(view.theme)
    kept.client.focus()
  } else {
    const element = document.createElement('div')
    element.className = 'h-full min-h-0'
    place.append(element)
    const before = awaiting.get(key)
    awaiting.delete(key)
    open(key, before ? { ...request, ...before.choice } : request, element, view.theme, before?.id ?? null)
  }
  return () => {
    asking.delete(key)
    const session = sessions.get(key)
    if (session?.element.parentElement === place) session.element.remove()
    // What was refused or has ended has nothing to come back to.
    if (session && isOver(session.status)) closeSession(key)
  }
}

function open(
  key: string,
  request: TerminalRequest,
  element: HTMLElement,
  theme: 'light' | 'dark',
  resumes: string | null = null,
): void {
  // Its key changes where a tab before it is closed; its element stays.
  const current = () => [...sessions.values()].find((each) => each.element === element)
  const update = (change: Partial<Pick<TerminalSession, 'status' | 'id'>>) => {
    const session = current()
    if (!session) return
    sessions.set(session.key, { ...session, ...change })
    changed()
  }
  const client = new TerminalClient(element, request, {
    theme,
    askPaste: (lines) => asking.get(current()?.key ?? '')?.(lines) ?? Promise.resolve(false),
    resumes,
    // The first status comes while the client is being made.
    onStatus: (status) => update({ status }),
    onId: (id) => update({ id }),
  })
  sessions.set(key, { key, request, client, element, status: { state: 'connecting' }, id: resumes })
  changed()
}

/** Another session in the place of this one, with another program or as somebody else. */
export function restartSession(key: string, request: TerminalRequest, theme: 'light' | 'dark'): void {
  const before = sessions.get(key)
  if (!before) return
  before.client.dispose()
  sessions.delete(key)
  open(key, request, before.element, theme)
}

/** Ends it, with its processes in the container. */
export function closeSession(key: string): void {
  const session = sessions.get(key)
  if (!session) return
  session.client.dispose()
  session.element.remove()
  sessions.delete(key)
  changed()
}

/** Closes one of several in the same container; those behind it move up. */
export function closeSessionAt(ref: string, index: number): void {
  closeSession(sessionKey(ref, index))
  for (let next = index + 1; ; next++) {
    const session = sessions.get(sessionKey(ref, next))
    if (!session) break
    const key = sessionKey(ref, next - 1)
    sessions.delete(session.key)
    sessions.set(key, { ...session, key })
  }
  changed()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useTerminalSession(key: string): TerminalSession | undefined {
  const shown = useSyncExternalStore(
    subscribe,
    () => all,
    () => none,
  )
  return shown.find((session) => session.key === key)
}
