'use client'
import { useTranslations } from 'use-intl'
import { Fact, Facts, Identifier } from '#components/details/facts.tsx'
import { Section } from '#components/details/section.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { AuditRecord } from '#lib/contracts/audit.ts'
import { ResultMark } from './audit-table.tsx'

/** Everything that one record holds. */
export function AuditDrawer({
  record,
  isLoading,
  nameOf,
  sentence,
  onClose,
}: {
  /** Null while it is fetched, and when there is none. */
  record: AuditRecord | null
  isLoading: boolean
  nameOf(hostId: string): string
  sentence(record: AuditRecord): string
  onClose(): void
}) {
  const t = useTranslations('audit')
  return (
    <Drawer
      open
      onOpenChange={(next) => !next && onClose()}
      title={record ? sentence(record) : t('title')}
      subtitle={record && <code>{record.action}</code>}
    >
      <div className="p-4">
        {record ? (
          <Record record={record} nameOf={nameOf} />
        ) : isLoading ? (
          <Skeleton className="w-72" />
        ) : (
          <p className="text-ink-muted">{t('gone')}</p>
        )}
      </div>
    </Drawer>
  )
}

function Record({ record, nameOf }: { record: AuditRecord; nameOf(hostId: string): string }) {
  const t = useTranslations('audit')
  const format = useFormat()
  const { result } = record
  const objectId = record.objectId ?? result?.objectId
  const taskId = record.taskId ?? result?.taskId
  const errorCode = result?.errorCode ?? record.errorCode
  return (
    <div className="flex flex-col gap-5">
      <Facts>
        <Fact label={t('detail.result')}>
          <ResultMark record={record} />
        </Fact>
        <Fact label={t('detail.errorCode')}>{errorCode && <code>{errorCode}</code>}</Fact>
        <Fact label={t('column.at')}>{format.dateTime(record.at)}</Fact>
        <Fact label={t('detail.ended')}>{result && format.dateTime(result.at)}</Fact>
        <Fact label={t('detail.actor')}>
          {record.actorName && `${record.actorName} (${record.actorEmail})`}
        </Fact>
        <Fact label={t('detail.signIn')}>{record.signIn && t(`signIn.${record.signIn}`)}</Fact>
        <Fact label={t('detail.signInId')}>{record.signInId && <Identifier text={record.signInId} />}</Fact>
        <Fact label={t('detail.address')}>{record.address && <Identifier text={record.address} />}</Fact>
        <Fact label={t('detail.host')}>{record.hostId && nameOf(record.hostId)}</Fact>
        <Fact label={t('detail.object')}>{objectId && <Identifier text={objectId} />}</Fact>
        <Fact label={t('column.summary')}>{record.summary}</Fact>
        <Fact label={t('detail.summary')}>
          {result && result.summary !== record.summary && result.summary}
        </Fact>
        <Fact label={t('detail.request')}>{record.requestId && <Identifier text={record.requestId} />}</Fact>
        <Fact label={t('detail.task')}>{taskId && <Identifier text={taskId} />}</Fact>
      </Facts>
      <Section title={t('detail.chain')}>
        <Facts>
          {[record, ...(result ? [result] : [])].map(({ kind, sequence, hash }) => (
            <Fact key={sequence} label={t(`kind.${kind}`)}>
              <Identifier text={`${sequence} ${hash}`} />
            </Fact>
          ))}
        </Facts>
      </Section>
    </div>
  )
}
