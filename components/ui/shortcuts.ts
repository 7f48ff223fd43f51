'use client'
import { useEffect, useRef, useSyncExternalStore } from 'react'

export type ShortcutGroup = 'general' | 'go' | 'list' | 'selection'

export interface ShortcutInfo {
  /** One press ('/', 'j', 'Enter', 'mod+k') or two after each other ('g c'). */
  keys: string
  /** What it does, in the page's language; shown by `?`. */
  label: string
  group: ShortcutGroup
}
export interface ShortcutOptions extends Omit<ShortcutInfo, 'keys'> {
  enabled?: boolean
  /** Also while typing and inside dialogs: only for presses with `mod`. */
  everywhere?: boolean
}

interface Entry extends ShortcutInfo {
  everywhere: boolean
  run(event: KeyboardEvent): void
}

/** A second press must follow within this time. */
const sequenceMs = 1200

/** The press as written in `keys`. Letters carry no shift ('?' is '?', not 'shift+/'). */
export function pressOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : ''
  const alt = event.altKey ? 'alt+' : ''
  return `${mod}${alt}${mod ? event.key.toLowerCase() : event.key}`
}

/** Finds what a press means after an unfinished one. 'wait': the first half of a sequence. The latest registered wins. */
export function matchPress<T extends { keys: string }>(
  entries: readonly T[],
  before: string | null,
  press: string,
): T | 'wait' | null {
  const sequence = before === null ? null : `${before} ${press}`
  const found =
    (sequence === null ? undefined : entries.findLast((entry) => entry.keys === sequence)) ??
    entries.findLast((entry) => entry.keys === press)
  if (found) return found
  return entries.some((entry) => entry.keys.startsWith(`${press} `)) ? 'wait' : null
}

/** In a field letters are letters; in a modal dialog or a menu they are its own. A drawer lets them through. */
function isTaken(target: EventTarget | null, press: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  if (target.matches('textarea, select, input:not([type=checkbox], [type=radio])')) return true
  const layer = target.closest('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]')
  if (layer && !layer.hasAttribute('data-shortcuts')) return true
  // Enter and space press what has the focus.
  return (
    (press === 'Enter' || press === ' ') &&
    target.matches('a, button, summary, input, [role=button], [role=tab]')
  )
}

let entries: readonly Entry[] = []
const listeners = new Set<() => void>()
let before: { press: string; at: number } | null = null

function changed(next: readonly Entry[]): void {
  if (entries.length === 0 && next.length > 0) document.addEventListener('keydown', onKeyDown)
  if (next.length === 0) document.removeEventListener('keydown', onKeyDown)
  entries = next
  for (const listener of listeners) listener()
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key))
    return
  const press = pressOf(event)
  const taken = isTaken(event.target, press)
  const usable = taken ? entries.filter((entry) => entry.everywhere) : entries
  const first = before && event.timeStamp - before.at < sequenceMs ? before.press : null
  const match = matchPress(usable, first, press)
  before = match === 'wait' ? { press, at: event.timeStamp } : null
  if (match === null || match === 'wait') return
  event.preventDefault()
  match.run(event)
}

/** A key of the page, for as long as the component is there. Listed by `?`. */
export function useShortcut(
  keys: string,
  run: (event: KeyboardEvent) => void,
  options: ShortcutOptions,
): void {
  const { label, group, enabled = true, everywhere = false } = options
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => {
    if (!enabled) return
    const entry: Entry = { keys, label, group, everywhere, run: (event) => latest.current(event) }
    changed([...entries, entry])
    return () => changed(entries.filter((other) => other !== entry))
  }, [keys, label, group, enabled, everywhere])
}

const nothing: readonly ShortcutInfo[] = []

/** All shortcuts that work at this moment. */
export function useShortcuts(): readonly ShortcutInfo[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => entries,
    () => nothing,
  )
}
