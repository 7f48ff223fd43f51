import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import type { SyslogReceiver } from '../../config.ts'
import { resolveAddress } from '../../transport/address.ts'
import { dialTcp, secure } from '../../transport/dial.ts'
import type { Receiver } from './ship.ts'

/** RFC 5424 §6.2.1: facility 13 is the log audit; severity 6 informational, 4 warning. */
const priority = { allowed: 13 * 8 + 6, denied: 13 * 8 + 4 }
/** Milliseconds for a receiver to read a batch to its end. */
const readMs = 15_000
/** Milliseconds, besides two round trips, until our end: a receiver that closed before it had the batch has told us by then. */
const lingerMs = 50

/** The widest name that RFC 5424 allows: 255 printable ASCII characters without spaces. */
export const machineName = (name = hostname()) => name.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 255) || '-'

/**
 * JSON in printable ASCII only: what a terminal or a line-based receiver could take for more than text (ESC, C1, line
 * separators, right-to-left marks) is an escape, and the parsed entry is the same, hash and all.
 */
export function asciiJson(entry: AuditEntry): string {
  return JSON.stringify(entry).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** One entry as one line of RFC 5424. `meta sequenceId` counts from 1 to 2147483647 (§7.3.1). */
export function syslogLine(entry: AuditEntry, machine: string): string {
  const id = ((entry.sequence - 1) % 2_147_483_647) + 1
  return `<${priority[entry.decision]}>1 ${entry.at} ${machine} roadstead - ${entry.kind} [meta sequenceId="${id}"] ${asciiJson(entry)}`
}

/** Octet counting (RFC 6587 §3.4.1, RFC 5425 §4.3): a receiver never has to guess where a message ends. */
export const framed = (line: string) => `${Buffer.byteLength(line)} ${line}`

/**
 * A receiver of syslog. Over TCP and TLS each batch has a connection of its own: syslog has no acknowledgement, and what was
 * written may be lost with the connection, but a receiver that answers our end with its own has read all that came before.
 */
export function createSyslogReceiver({ transport, host, port, ca }: SyslogReceiver): Receiver {
  const machine = machineName()
  const name = `syslog ${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`
  if (transport === 'udp')
    return {
      kind: 'syslog',
      name,
      async send(entries) {
        const address = await resolveAddress(host)
        const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
        try {
          for (const entry of entries)
            await new Promise<void>((done, failed) => {
              socket.send(syslogLine(entry, machine), port, address, (error) =>
                error ? failed(error) : done(),
              )
            })
        } finally {
          socket.close()
        }
      },
    }
  return {
    kind: 'syslog',
    name,
    async send(entries, signal) {
      const begun = performance.now()
      const plain = await dialTcp(host, port)
      const linger = lingerMs + 2 * (performance.now() - begun)
      const socket: Socket =
        transport === 'tls' ? await secure(plain, host, port, ca === null ? {} : { ca }) : plain
      const cancel = () => socket.destroy(new Error('Stopped'))
      const deadline = setTimeout(
        () => socket.destroy(new Error('The receiver did not read to the end')),
        readMs,
      )
      signal.addEventListener('abort', cancel)
      let lingerTimer: NodeJS.Timeout | undefined
      try {
        await new Promise<void>((resolve, reject) => {
          let isOver = false
          const gone = () => reject(new Error('The receiver closed the connection early'))
          socket.on('error', reject)
          socket.on('close', gone)
          socket.on('end', () => (isOver ? resolve() : gone()))
          if (signal.aborted) cancel()
          socket.resume().write(entries.map((entry) => framed(syslogLine(entry, machine))).join(''), () => {
            lingerTimer = setTimeout(() => {
              isOver = true
              socket.end()
            }, linger)
          })
        })
      } finally {
        clearTimeout(deadline)
        clearTimeout(lingerTimer)
        signal.removeEventListener('abort', cancel)
        socket.on('error', () => {})
        socket.destroy()
      }
    },
  }
}
