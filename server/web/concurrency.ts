import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'

/**
 * What may be under way at a time. More than any person or program needs, and less than what keeps others out: an engine
 * has a thousand connections for what comes by the gateway.
 */
const most = {
  /** Requests and streams of the gateway: of a person and a token in all; at one host of a person, and of everybody. */
  gatewayPerson: 800,
  gatewayToken: 500,
  gatewayPersonAtHost: 250,
  gatewayHost: 750,
  /** Of the dashboard: requests, downloads and uploads among them, of a person and of a token; sockets of a person. */
  requests: 300,
  tokenRequests: 200,
  sockets: 200,
  /** Terminals, logs, live figures, downloads and uploads of the dashboard at one host: of a person, and of everybody. */
  streamsPersonAtHost: 100,
  streamsHost: 400,
}

export interface Concurrency {
  /** Of the gateway; with its host once that is known. Throws too_many_streams. Call what it returns when it is over. */
  gateway(principal: Principal, hostId?: string): () => void
  request(principal: Principal): () => void
  socket(principal: Principal): () => void
  /** What the dashboard keeps going on at one host for somebody. Throws too_many_streams. */
  stream(principal: Principal, hostId: string): () => void
}

/** Counts what is under way, so that nobody takes a host, or the server, away from the others. */
export function createConcurrency(): Concurrency {
  const underWay = new Map<string, number>()
  const take = (...counted: readonly (readonly [key: string, limit: number])[]): (() => void) => {
    for (const [key, limit] of counted)
      if ((underWay.get(key) ?? 0) >= limit) throw new AppError('too_many_streams', { params: { limit } })
    for (const [key] of counted) underWay.set(key, (underWay.get(key) ?? 0) + 1)
    let over = false
    return () => {
      if (over) return
      over = true
      for (const [key] of counted) {
        const left = (underWay.get(key) ?? 1) - 1
        if (left > 0) underWay.set(key, left)
        else underWay.delete(key)
      }
    }
  }
  return {
    gateway: ({ userId, sessionId }, hostId) =>
      hostId === undefined
        ? take(
            [`gateway person ${userId}`, most.gatewayPerson],
            [`gateway token ${sessionId}`, most.gatewayToken],
          )
        : take(
            [`gateway person ${userId} at ${hostId}`, most.gatewayPersonAtHost],
            [`gateway host ${hostId}`, most.gatewayHost],
          ),
    request: ({ userId, sessionId, token }) =>
      take(
        [`requests ${userId}`, most.requests],
        ...(token ? ([[`requests of token ${sessionId}`, most.tokenRequests]] as const) : []),
      ),
    socket: ({ userId }) => take([`sockets ${userId}`, most.sockets]),
    stream: ({ userId }, hostId) =>
      take(
        [`streams of ${userId} at ${hostId}`, most.streamsPersonAtHost],
        [`streams at ${hostId}`, most.streamsHost],
      ),
  }
}
