/**
 * Full-jitter backoff: a random delay below a ceiling that doubles with each failure, so that the hosts of a network
 * that comes back are not all dialled in the same instant. Milliseconds.
 */
export function backoffDelay(
  failures: number,
  options: { baseMs: number; capMs: number },
  random = Math.random,
): number {
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** Math.min(failures, 16))
  return Math.round(random() * ceiling)
}
