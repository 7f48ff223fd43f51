import { useSyncExternalStore } from 'react'
import { tellOpenTerminals } from '#components/data/open-terminals.ts'
import { TerminalClient, type TerminalRequest, type TerminalStatus } from './terminal-client.ts'

/**
 * Terminals that are open in this page. They outlive the view that shows them: who looks at the fleet and comes back finds
 * the same shell. They end by themselves, when they are closed, and with the page.
 */
export interface TerminalSession {
  readonly key: string
  readonly request: TerminalRequest
  readonly status: TerminalStatus
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
  tellOpenTerminals(
    running.map(({ key, request: { hostId, containerId } }) => ({ key, hostId, containerId })),
  )
  if (running.length > 0) window.addEventListener('beforeunload', askToStay)
  else window.removeEventListener('beforeunload', askToStay)
}

/** A reload, or another address in this window, ends them: the browser asks first. */
function askToStay(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

export const isOver = ({ state }: TerminalStatus): boolean =>
  state === 'over' || state === 'cut' || state === 'failed'

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
    open(key, request, element, view.theme)
  }
  return () => {
    asking.delete(key)
    const session = sessions.get(key)
    if (session?.element.parentElement === place) session.element.remove()
    // What was refused or has ended has nothing to come back to.
    if (session && isOver(session.status)) closeSession(key)
  }
}

function open(key: string, request: TerminalRequest, element: HTMLElement, theme: 'light' | 'dark'): void {
  // Its key changes where a tab before it is closed; its element stays.
  const current = () => [...sessions.values()].find((each) => each.element === element)
  const client = new TerminalClient(element, request, {
    theme,
    askPaste: (lines) => asking.get(current()?.key ?? '')?.(lines) ?? Promise.resolve(false),
    onStatus: (status) => {
      // The first comes while the client is being made.
      const session = current()
      if (!session) return
      sessions.set(session.key, { ...session, status })
      changed()
    },
  })
  sessions.set(key, { key, request, client, element, status: { state: 'connecting' } })
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
