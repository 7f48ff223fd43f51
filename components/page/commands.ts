'use client'
import type { ReactNode } from 'react'
import { useEffect, useSyncExternalStore } from 'react'

/** Something the palette can run now: an action on what is selected, or one of the page. */
export interface Command {
  id: string
  /** Names the action and what it acts on: "Restart web-1", "Stop 3 containers". */
  label: string
  icon?: ReactNode
  keys?: string
  /** Other words that find it. */
  keywords?: string
  destructive?: boolean
  run(): void
}

/** Makes commands of what is typed, of things too many to offer each: "restart shop" of the containers named so. */
export type CommandFinder = (typed: string) => readonly Command[]

const finders = new Set<CommandFinder>()
const sources = new Map<symbol, readonly Command[]>()
const listeners = new Set<() => void>()
let all: readonly Command[] = []

function changed(): void {
  all = [...sources.values()].flat()
  for (const listener of listeners) listener()
}

/**
 * Offers commands in the palette until the returned function is called.
 */
export function registerCommands(commands: readonly Command[]): () => void {
  const source = Symbol('commands')
  sources.set(source, commands)
  changed()
  return () => {
    sources.delete(source)
    changed()
  }
}

/** Offers commands for as long as the component is there. Memoise the array: a new one registers anew. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => registerCommands(commands), [commands])
}

/** Finds commands for as long as the component is there. Memoise the finder. */
export function useCommandFinder(finder: CommandFinder): void {
  useEffect(() => {
    finders.add(finder)
    return () => void finders.delete(finder)
  }, [finder])
}

export const findCommands: CommandFinder = (typed) => [...finders].flatMap((finder) => finder(typed))

const none: readonly Command[] = []

export function useRegisteredCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => all,
    () => none,
  )
}
