import {
  auditEntrySchema,
  auditFilterSchema,
  auditPageSchema,
  auditQuerySchema,
  auditStateSchema,
  auditVerificationSchema,
} from '#lib/contracts/audit.ts'
import type { ShippedAuditLog } from '../../audit/index.ts'
import { attachment } from '../../web/attachment.ts'
import { defineRoute } from '../../web/define-route.ts'

/** The audit log: read, taken away, and verified. Nothing here can change it. */
export function auditRoutes(
  { search, verify, state }: ShippedAuditLog,
  hosts: () => readonly { id: string; name: string }[],
) {
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
      summary: 'Entries as NDJSON, oldest first; without a filter the whole chain',
      query: auditFilterSchema,
      lines: auditEntrySchema,
      async handler({ query, signal, reply }) {
        const day = new Date().toISOString().slice(0, 10)
        reply.header('content-disposition', attachment(`roadstead-audit-${day}.ndjson`))
        return search.all(query, signal, hostsNamed)
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
