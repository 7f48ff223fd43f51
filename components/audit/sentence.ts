import type { useTranslations } from 'use-intl'
import { isAuditAction } from '#lib/audit-actions.ts'
import type { AuditRecord } from '#lib/contracts/audit.ts'
import { resultOf } from './use-audit.ts'

export interface AuditNames {
  host(hostId: string): string
  /** Of a container, as it is called now; null where it is gone or none. */
  object(hostId: string | null, objectId: string): string | null
  /** Of a person or a role; null for what is no id of one. */
  known(id: string): string | null
}

/** What a client sent to an engine begins with this in the log. */
const engineApi = 'engine API: '

/** An entry as one says it: "Ada restarted web-1 on docker-1". Ids are names where they are known. */
export function sentenceOf(
  record: AuditRecord,
  names: AuditNames,
  t: ReturnType<typeof useTranslations<'audit'>>,
): string {
  const { action, actorName, hostId } = record
  const result = resultOf(record)
  const form = result === 'succeeded' ? 'done' : result
  const asked = summaryOf(record)
  const isEngineApi = asked.startsWith(engineApi)
  const objectId = record.objectId ?? record.result?.objectId ?? null
  const object = isEngineApi && objectId !== null ? names.object(hostId, objectId) : null
  const what = object ?? withNames(isEngineApi ? asked.slice(engineApi.length) : asked, names)
  const words = form === 'done' ? { form: 'done', what } : { form: 'other', what }
  const phrase = isAuditAction(action)
    ? t(`phrase.${action}`, words)
    : t('sentence.other', { ...words, action })
  const who = actorName ?? t('sentence.nobody')
  const said = t(`sentence.${form}`, { who, phrase: phrase.replace(/:?\s*$/, '') })
  const host = hostId === null ? null : names.host(hostId)
  const placed = host === null || host === what ? said : t('sentence.where', { sentence: said, host })
  return isEngineApi && object !== null ? t('sentence.byEngineApi', { sentence: placed }) : placed
}

/** What was asked, and what only its end could tell. */
function summaryOf({ summary, result }: AuditRecord): string {
  return result && result.summary !== summary ? [summary, result.summary].filter(Boolean).join(': ') : summary
}

const withNames = (text: string, names: AuditNames) =>
  text.replaceAll(/[A-Za-z0-9_-]{8,64}/g, (word) => names.known(word) ?? word)
