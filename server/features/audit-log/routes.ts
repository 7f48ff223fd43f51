import { Readable } from 'node:stream'
import {
  type AuditEntry,
  auditFilterSchema,
  auditPageSchema,
  auditQuerySchema,
  auditStateSchema,
  auditVerificationSchema,
} from '#lib/contracts/audit.ts'
import type { ShippedAuditLog } from '../../audit/index.ts'
import { attachment } from '../../web/attachment.ts'
import { type AnyRoute, defineRoute } from '../../web/define-route.ts'

/** The audit log: read, taken away, and verified. Nothing here can change it. */
export function auditRoutes(
  { search, verify, state }: ShippedAuditLog,
  hosts: () => readonly { id: string; name: string }[],
): AnyRoute[] {
  const hostsNamed = (word: string) =>
    hosts()
      .filter(({ name }) => name.toLowerCase().includes(word.toLowerCase()))
      .map(({ id }) => id)
  return [
    defineRoute({
      method: 'GET',
      path: '/api/audit',
      access: 'audit.view',
      summary: 'What was done and what was refused, newest first',
      query: auditQuerySchema,
      response: auditPageSchema,
      handler: ({ query: { before, limit, ...filter } }) => search.page(filter, before, limit, hostsNamed),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/audit/state',
      access: 'audit.view',
      summary: 'The newest entry, and how far each receiver off this machine has the log',
      response: auditStateSchema,
      handler: async () => state(),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/audit/export',
      access: 'audit.view',
      sends: ['application/x-ndjson'],
      summary: 'Entries as NDJSON, oldest first; without a filter the whole chain',
      query: auditFilterSchema,
      async handler({ query, signal, reply }) {
        await reply
          .header(
            'content-disposition',
            attachment(`roadstead-audit-${new Date().toISOString().slice(0, 10)}.ndjson`),
          )
          .header('content-type', 'application/x-ndjson')
          .header('cache-control', 'no-store')
          .send(Readable.from(lines(search.all(query, signal, hostsNamed))))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/audit/verify',
      access: 'audit.view',
      asksOnly: true,
      summary: 'Walk the chain and say where it does not hold',
      response: auditVerificationSchema,
      handler: () => verify(),
    }),
  ]
}

async function* lines(entries: AsyncGenerator<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`
}
