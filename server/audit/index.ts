import type { AuditState, AuditVerification } from '#lib/contracts/audit.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/schema.ts'
import type { Log } from '../log.ts'
import { newestEntry, verifyChain } from './chain.ts'
import { openJournal } from './journal.ts'
import { type AuditSearch, createAuditSearch } from './search.ts'
import { type Audit, createAudit } from './service.ts'
import { createShipping, type Receiver } from './shipping/ship.ts'
import { createSyslogReceiver } from './shipping/syslog.ts'
import { createWebhookReceiver } from './shipping/webhook.ts'

export interface AuditLog {
  audit: Audit
  search: AuditSearch
  /** One walk at a time: those who ask meanwhile get its result. */
  verify(): Promise<AuditVerification>
  close(): Promise<void>
}

/**
 * The audit log.
 * @param db a connection of its own; closed with it
 */
export async function openAudit(db: Database, log: Log): Promise<AuditLog> {
  const journal = await openJournal(db, log)
  let verifying: Promise<AuditVerification> | null = null
  return {
    audit: createAudit(journal),
    search: createAuditSearch(db),
    verify() {
      verifying ??= verifyChain(db).finally(() => {
        verifying = null
      })
      return verifying
    },
    close: () => journal.close(),
  }
}

export interface ShippedAuditLog extends AuditLog {
  state(): Promise<AuditState>
  /** To be called before `close`. */
  stopShipping(): Promise<void>
}

/** The audit log, sent to where the configuration says. */
export function shipAudit(auditLog: AuditLog, config: Config, db: Database, log: Log): ShippedAuditLog {
  const receivers: Receiver[] = []
  if (config.syslog) receivers.push(createSyslogReceiver(config.syslog))
  if (config.webhook) receivers.push(createWebhookReceiver(config.webhook))
  const shipping = createShipping({ receivers, db, log })
  return {
    ...auditLog,
    async state() {
      const head = (await newestEntry(db)) ?? null
      return { head, receivers: shipping.state(head?.sequence ?? 0) }
    },
    stopShipping: () => shipping.stop(),
  }
}
