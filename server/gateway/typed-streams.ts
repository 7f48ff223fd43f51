import type { Server } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { serverLimits } from '../web/connections.ts'

/**
 * An exec start or attach of Podman's API. Its remote client types into an exec without a word of it
 * (pkg/bindings/containers/attach.go): no `Upgrade`, and behind the body, on a connection of its own, comes the input.
 */
const typed =
  /^POST \/v[\d.]{1,20}\/libpod\/(?:exec\/[^/ ]+\/start|containers\/[^/ ]+\/attach)(?:\?[^ ]*)? HTTP\/1\.1$/
/** Where a line that is none of these can be told by what has come of it. */
const begins = 'POST /v'
const longestHead = 16 * 1024
const unasked = new WeakSet<Duplex>()

/** Whether a stream was asked for by us, in the name of a client that is to be told of none: it waits for a 200. */
export const isUnasked = (client: Duplex): boolean => unasked.has(client)

/**
 * Has a server ask itself for the stream where Podman's client does not: to Node's parser, what is typed after a request
 * without `Upgrade` is another request. It looks at the first head of a connection alone, where these have theirs.
 */
export function askForTyped(server: Server): void {
  const [serve] = server.listeners('secureConnection')
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    let seen = Buffer.alloc(0)
    const gone = () => {
      clearTimeout(timer)
      socket.destroy()
    }
    // For all of it: one that sends a byte now and then is no better.
    const timer = setTimeout(gone, serverLimits.headersTimeout)
    const read = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk])
      const head = rewritten(seen)
      if (head === null) return
      clearTimeout(timer)
      socket.off('data', read).off('end', gone).off('error', gone).off('close', gone).pause()
      if (head.isAsked) unasked.add(socket)
      socket.unshift(head.bytes)
      serve?.call(server, socket)
      socket.resume()
    }
    socket.on('end', gone).on('error', gone).on('close', gone).on('data', read)
  })
}

/** What is to be parsed in place of what came; null where more has to come first. */
function rewritten(seen: Buffer): { bytes: Buffer; isAsked: boolean } | null {
  const asItCame = { bytes: seen, isAsked: false }
  const text = seen.toString('latin1')
  if (!text.startsWith(begins.slice(0, text.length))) return asItCame
  const line = text.indexOf('\r\n')
  if (line !== -1 && !typed.test(text.slice(0, line))) return asItCame
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return seen.length > longestHead ? asItCame : null
  const fields = text.slice(line + 2, end).split('\r\n')
  if (fields.some((field) => /^(?:upgrade|connection)[ \t]*:/i.test(field))) return asItCame
  const asking = Buffer.from('\r\nConnection: Upgrade\r\nUpgrade: tcp', 'latin1')
  return { bytes: Buffer.concat([seen.subarray(0, line), asking, seen.subarray(line)]), isAsked: true }
}
