import type { AuditState, AuditVerification } from '#lib/contracts/audit.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/schema.ts'
import type { Log } from '../log.ts'
import { verifyChain } from './chain.ts'
import { type Journal, openJournal } from './journal.ts'
import { type AuditSearch, createAuditSearch } from './search.ts'
import { type Audit, createAudit } from './service.ts'
import { createShipping, type Receiver } from './shipping/ship.ts'
import { createSyslogReceiver } from './shipping/syslog.ts'
import { createWebhookReceiver } from './shipping/webhook.ts'

export interface AuditLog {
  audit: Audit
  journal: Journal
  search: AuditSearch
  /** One walk at a time: those who ask meanwhile get its result. */
  verify(): Promise<AuditVerification>
  close(): void
}

/** The audit log of a data folder whose database is open and migrated. */
export function openAudit(dataFolder: string, log: Log): AuditLog {
  const journal = openJournal(dataFolder, log)
  let verifying: Promise<AuditVerification> | null = null
  return {
    journal,
    audit: createAudit(journal),
    search: createAuditSearch(journal.raw),
    verify() {
      verifying ??= verifyChain(journal.raw).finally(() => {
        verifying = null
      })
      return verifying
    },
    close: () => journal.close(),
  }
}

export interface ShippedAuditLog extends AuditLog {
  state(): AuditState
  /** To be called before `close`. */
  stopShipping(): Promise<void>
}

/** The audit log, sent to where the configuration says. */
export function shipAudit(auditLog: AuditLog, config: Config, db: Database, log: Log): ShippedAuditLog {
  const { raw } = auditLog.journal
  const receivers: Receiver[] = []
  if (config.syslog) receivers.push(createSyslogReceiver(config.syslog))
  if (config.webhook) receivers.push(createWebhookReceiver(config.webhook))
  const shipping = createShipping({ receivers, raw, db, log })
  const newest = raw.prepare('select sequence, hash from audit order by sequence desc limit 1')
  return {
    ...auditLog,
    state: () => ({
      head: (newest.get() as AuditState['head'] | undefined) ?? null,
      receivers: shipping.state(),
    }),
    stopShipping: () => shipping.stop(),
  }
}
