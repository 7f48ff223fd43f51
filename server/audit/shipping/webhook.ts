import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import type { WebhookReceiver } from '../../config.ts'
import { dialTcp, secure } from '../../transport/dial.ts'
import type { Receiver } from './ship.ts'
import { asciiJson } from './syslog.ts'

/** Milliseconds for the whole exchange. */
const answerMs = 15_000

/** The signature that a receiver computes for itself: over the time and the body, so that neither is replaced. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

/**
 * A receiver of POST requests with entries as NDJSON. Any 2xx acknowledges the batch. The address is the operator's alone:
 * it is resolved once and never where clouds keep credentials, redirects are not followed, and of the answer only its status is
 * read.
 */
export function createWebhookReceiver({ url, secret, ca }: WebhookReceiver): Receiver {
  const isTls = url.protocol === 'https:'
  const host = url.hostname.replaceAll(/[[\]]/g, '')
  const port = Number(url.port || (isTls ? 443 : 80))
  return {
    // The path may be a secret of the receiver's.
    kind: 'webhook',
    name: `webhook ${url.origin}`,
    async send(entries, signal) {
      const body = entries.map((entry: AuditEntry) => `${asciiJson(entry)}\n`).join('')
      const plain = await dialTcp(host, port)
      const socket = isTls ? await secure(plain, host, port, ca === null ? {} : { ca }) : plain
      try {
        const status = await new Promise<number>((resolve, reject) => {
          const message = request(
            {
              createConnection: () => socket,
              method: 'POST',
              path: url.pathname + url.search,
              headers: {
                host: url.host,
                'content-type': 'application/x-ndjson',
                'content-length': Buffer.byteLength(body),
                'user-agent': 'roadstead',
                'x-roadstead-sequence': `${entries[0]?.sequence}-${entries.at(-1)?.sequence}`,
                'x-roadstead-signature': signatureOf(secret, Math.floor(Date.now() / 1000), body),
              },
              signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
            },
            (answer) => resolve(answer.statusCode ?? 0),
          )
          message.on('error', reject)
          message.end(body)
        })
        if (status < 200 || status > 299) throw new Error(`The receiver answered ${status}`)
      } finally {
        socket.on('error', () => {})
        socket.destroy()
      }
    },
  }
}
