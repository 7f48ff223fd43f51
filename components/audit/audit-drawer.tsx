'use client'
import { Fragment, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { CopyButton } from '#components/ui/copy-button.tsx'
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
  onClose,
}: {
  /** Null while it is fetched, and when there is none. */
  record: AuditRecord | null
  isLoading: boolean
  nameOf(hostId: string): string
  onClose(): void
}) {
  const t = useTranslations('audit')
  return (
    <Drawer
      open
      onOpenChange={(next) => !next && onClose()}
      title={record ? <code>{record.action}</code> : t('title')}
      subtitle={record?.summary}
    >
      <div className="p-4">
        {record ? (
          <Facts record={record} nameOf={nameOf} />
        ) : isLoading ? (
          <Skeleton className="w-72" />
        ) : (
          <p className="text-ink-muted">{t('gone')}</p>
        )}
      </div>
    </Drawer>
  )
}

function Facts({ record, nameOf }: { record: AuditRecord; nameOf(hostId: string): string }) {
  const t = useTranslations('audit')
  const format = useFormat()
  const { result } = record
  const objectId = record.objectId ?? result?.objectId
  const taskId = record.taskId ?? result?.taskId
  const errorCode = result?.errorCode ?? record.errorCode
  const facts: [string, ReactNode][] = [
    [t('detail.result'), <ResultMark key="result" record={record} />],
    [t('detail.errorCode'), errorCode && <code>{errorCode}</code>],
    [t('column.at'), format.dateTime(record.at)],
    [t('detail.ended'), result && format.dateTime(result.at)],
    [t('column.actor'), record.actorName && `${record.actorName} (${record.actorEmail})`],
    [t('detail.signIn'), record.signIn && t(`signIn.${record.signIn}`)],
    [t('detail.signInId'), record.signInId && <Id text={record.signInId} />],
    [t('detail.address'), record.address && <Id text={record.address} />],
    [t('column.host'), record.hostId && nameOf(record.hostId)],
    [t('detail.object'), objectId && <Id text={objectId} />],
    [t('detail.summary'), result && result.summary !== record.summary ? result.summary : null],
    [t('detail.request'), record.requestId && <Id text={record.requestId} />],
    [t('detail.task'), taskId && <Id text={taskId} />],
  ]
  return (
    <div className="flex flex-col gap-5">
      <dl className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        {facts.map(([label, value]) =>
          value ? (
            <Fragment key={label}>
              <dt className="text-ink-muted">{label}</dt>
              <dd className="min-w-0 break-words">{value}</dd>
            </Fragment>
          ) : null,
        )}
      </dl>
      <section>
        <h2 className="mb-1.5 font-medium text-ink-muted text-xs">{t('detail.chain')}</h2>
        <dl className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-3 gap-y-1.5">
          {[record, ...(result ? [result] : [])].map(({ kind, sequence, hash }) => (
            <Fragment key={sequence}>
              <dt className="text-ink-muted">{t(`kind.${kind}`)}</dt>
              <dd className="min-w-0">
                <Id text={`${sequence} ${hash}`} />
              </dd>
            </Fragment>
          ))}
        </dl>
      </section>
    </div>
  )
}

function Id({ text }: { text: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="truncate">{text}</code>
      <CopyButton text={text} />
    </span>
  )
}
