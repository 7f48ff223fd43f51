import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import type { AuditFilter, AuditRecord } from '#lib/contracts/audit.ts'

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
  /** Everything, or only what changed something. */
  shows: parseAsStringLiteral(['changes', 'all']).withDefault('changes'),
  /** Days, or days with a time (as `datetime-local` has them), of this browser's time zone. */
  from: parseAsString.withDefault(''),
  to: parseAsString.withDefault(''),
}

/** The filter as it stands in the URL, and as the API takes it. */
export function useAuditFilter() {
  const [view, setView] = useQueryStates(fields)
  const { text, actor, host, action, result, shows, from, to } = view
  const filter = useMemo((): AuditFilter => {
    const outcome = result === null || result === 'denied' ? undefined : result
    return {
      ...(text && { text }),
      ...(actor && { actor }),
      ...(host && { host }),
      ...(action && { action }),
      ...(result && { decision: result === 'denied' ? 'denied' : 'allowed' }),
      ...(outcome && { outcome }),
      ...momentOf(from, 'from'),
      ...momentOf(to, 'to'),
    }
  }, [text, actor, host, action, result, from, to])
  // A kind that somebody asked for by its name is shown, and so are denials.
  const isLess = shows === 'changes' && action === '' && result !== 'denied'
  const listed = useMemo(() => (isLess ? { ...filter, changes: true } : filter), [filter, isLess])
  return { view, setView, filter, listed, isLess, isFiltered: Object.keys(filter).length > 0 }
}

/** The beginning of a day or minute, as `from`; its end, as `to`; nothing for what is neither. */
export function momentOf(text: string, name: 'from' | 'to'): { from?: string; to?: string } {
  const [, year, month, date, hour, minute] = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?$/.exec(text) ?? []
  if (!year) return {}
  const later = name === 'to' ? 1 : 0
  const at =
    hour === undefined
      ? new Date(Number(year), Number(month) - 1, Number(date) + later)
      : new Date(Number(year), Number(month) - 1, Number(date), Number(hour), Number(minute) + later)
  return Number.isNaN(at.getTime()) ? {} : { [name]: at.toISOString() }
}

export function useAuditRecords(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: queryKeys.auditRecords(filter),
    queryFn: ({ pageParam, signal }) =>
      api.get('/api/audit', { query: { ...filter, before: pageParam }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // What is older than the last look stays as it was: the filter's next answer takes its place when it is there.
    placeholderData: (previous) => previous,
  })
}

/** One record by its sequence, for an address that was passed on. */
export function useAuditRecord(sequence: number | null) {
  return useQuery({
    queryKey: queryKeys.auditRecord(sequence),
    queryFn: async ({ signal }) => {
      const query = { before: (sequence ?? 0) + 1, limit: 1 }
      const { items } = await api.get('/api/audit', { query, signal })
      return items.find((record) => record.sequence === sequence) ?? null
    },
    enabled: sequence !== null,
  })
}
