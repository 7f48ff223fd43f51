import { performance } from 'node:perf_hooks'

/**
 * Calls `expire` once the other side has had `milliseconds` of this process's attention; the function returned calls it off.
 * What the process was itself busy comes on top, at most as much again: timers run before sockets are read, so that after a
 * standstill of our own (a large list parsed, a machine without a free CPU) an answer that has long arrived would count as
 * silence, and a healthy host as hung.
 */
export function waitPatiently(milliseconds: number, expire: () => void): () => void {
  const began = performance.eventLoopUtilization()
  let timer = setTimeout(() => {
    const { active } = performance.eventLoopUtilization(began)
    timer = setTimeout(expire, Math.min(active, milliseconds))
  }, milliseconds)
  return () => clearTimeout(timer)
}
