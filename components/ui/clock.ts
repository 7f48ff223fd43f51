'use client'
import { useSyncExternalStore } from 'react'

/**
 * One clock for every age on the page. It is the server's: a browser whose clock is wrong must not show ages from the
 * future. The live socket tells the offset.
 */
let offsetMs = 0
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function tick(): void {
  for (const listener of listeners) listener()
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(changed)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** @param serverNow the server's time, ISO 8601, just received */
export function setServerTime(serverNow: string): void {
  const next = Date.parse(serverNow) - Date.now()
  // Below a second it is only the way through the network; ages must not tremble.
  if (Number.isFinite(next) && Math.abs(next - offsetMs) > 1000) offsetMs = next
}

/** Milliseconds since 1970 on the server's clock. */
export function serverTime(): number {
  return Date.now() + offsetMs
}

/**
 * A value computed from the present, looked at every second; the component renders only when the value changes, so
 * compute a string or a number, not an object.
 */
export function useNow<T extends string | number | boolean | null>(compute: (nowMs: number) => T): T {
  return useSyncExternalStore(
    subscribe,
    () => compute(serverTime()),
    () => compute(serverTime()),
  )
}
