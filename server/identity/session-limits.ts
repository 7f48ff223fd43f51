const hour = 3600
/** A session ends after 8 h of silence and after 24 h in any case. */
export const idleSeconds = 8 * hour
export const absoluteMs = 24 * hour * 1000
