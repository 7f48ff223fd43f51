import type { AuditVerification } from '#lib/contracts/audit.ts'
import type { Log } from '../log.ts'
import { verifyChain } from './chain.ts'
import { type Journal, openJournal } from './journal.ts'
import { type AuditSearch, createAuditSearch } from './search.ts'
import { type Audit, createAudit } from './service.ts'

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
    ...{ journal, audit: createAudit(journal), search: createAuditSearch(journal.raw) },
    verify() {
      verifying ??= verifyChain(journal.raw).finally(() => {
        verifying = null
      })
      return verifying
    },
    close: () => journal.close(),
  }
}
