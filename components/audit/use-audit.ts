import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { api } from '#components/data/api.ts'
import type { AuditFilter, AuditPage, AuditRecord } from '#lib/contracts/audit.ts'

/** What came of it, in one word: 'running' has no outcome yet. */
export const auditResults = ['succeeded', 'failed', 'unknown', 'denied'] as const
export type AuditResult = (typeof auditResults)[number] | 'running'

export function resultOf({ decision, outcome, result }: AuditRecord): AuditResult {
  return decision === 'denied' ? 'denied' : (result?.outcome ?? outcome ?? 'running')
}

const fields = {
  text: parseAsString.withDefault(''),
  actor: parseAsString.withDefault(''),
  host: parseAsString.withDefault(''),
  action: parseAsString.withDefault(''),
  result: parseAsStringLiteral(auditResults),
  /** Days of this browser's time zone. */
  from: parseAsString.withDefault(''),
  to: parseAsString.withDefault(''),
}

/** The filter as it stands in the URL, and as the API takes it. */
export function useAuditFilter() {
  const [view, setView] = useQueryStates(fields)
  const { text, actor, host, action, result, from, to } = view
  const filter = useMemo((): AuditFilter => {
    const outcome = result === null || result === 'denied' ? undefined : result
    return {
      ...(text && { text }),
      ...(actor && { actor }),
      ...(host && { host }),
      ...(action && { action }),
      ...(result && { decision: result === 'denied' ? 'denied' : 'allowed' }),
      ...(outcome && { outcome }),
      ...startOf(from, 0, 'from'),
      ...startOf(to, 1, 'to'),
    }
  }, [text, actor, host, action, result, from, to])
  return { ...{ view, setView, filter }, isFiltered: Object.keys(filter).length > 0 }
}

/** Midnight of a day, some days later; nothing for what is no day. */
function startOf(day: string, later: number, name: 'from' | 'to'): { from?: string; to?: string } {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? []
  if (!year) return {}
  const at = new Date(Number(year), Number(month) - 1, Number(date) + later)
  return Number.isNaN(at.getTime()) ? {} : { [name]: at.toISOString() }
}

export function useAuditRecords(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      api.get<AuditPage>('/api/audit', { query: { ...filter, before: pageParam }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // What is older than the last look stays as it was: the filter's next answer takes its place when it is there.
    placeholderData: (previous) => previous,
  })
}

/** One record by its sequence, for an address that was passed on. */
export function useAuditRecord(sequence: number | null) {
  return useQuery({
    queryKey: ['audit', 'one', sequence],
    queryFn: async ({ signal }) => {
      const query = { before: (sequence ?? 0) + 1, limit: 1 }
      const { items } = await api.get<AuditPage>('/api/audit', { query, signal })
      return items.find((record) => record.sequence === sequence) ?? null
    },
    enabled: sequence !== null,
  })
}
