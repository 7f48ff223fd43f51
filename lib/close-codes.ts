/** Why a WebSocket of ours ends: RFC 6455, section 7.4, and from 4000 on our own. */
export const closeCodes = {
  /** What it was opened for has come to its end, or was refused by a frame that says why. */
  over: 1000,
  shuttingDown: 1001,
  /** The client said what the socket does not know, or more than it takes. */
  notUnderstood: 1008,
  /** A single message was larger than any that a page sends. */
  tooLarge: 1009,
  /** A fault of the server. */
  failed: 1011,
  signedOut: 4401,
  denied: 4403,
  /** The network took too little of what was sent. Who comes back begins anew. */
  tooSlow: 4408,
  /** A page asks for its session, and comes back with other rights. */
  rightsChanged: 4409,
} as const

/** After these a page does not come back by itself: it would meet with the same. */
export const finalCloseCodes: ReadonlySet<number> = new Set([
  closeCodes.over,
  closeCodes.notUnderstood,
  closeCodes.tooLarge,
  closeCodes.signedOut,
  closeCodes.denied,
])
