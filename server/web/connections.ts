import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Milliseconds for open connections to end by themselves when a server closes. */
const farewellMs = 2000

/**
 * Milliseconds for a request's head to arrive, between two looks for those that take longer (Node's own is half a minute),
 * and for the next request. None for a whole request: uploads and streams take as long as they take.
 */
export const serverLimits = {
  headersTimeout: 10_000,
  connectionsCheckingInterval: 3000,
  requestTimeout: 0,
  keepAliveTimeout: 65_000,
}

/**
 * Follows the connections of a server, and closes it with them: a socket that was told to end and does not, an answer that
 * is not read, a refusal on a bare connection: Node would wait for each of them.
 */
export function followConnections(server: Server): (close: () => PromiseLike<unknown>) => Promise<void> {
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  return async (close) => {
    const timer = setTimeout(() => {
      for (const connection of connections) connection.destroy()
    }, farewellMs)
    await close()
    clearTimeout(timer)
  }
}
