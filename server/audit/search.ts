import { setImmediate as breathe } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { unchangingActions } from '#lib/audit-actions.ts'
import type { AuditEntry, AuditFilter, AuditPage, AuditRecord } from '#lib/contracts/audit.ts'
import type { Database } from '../db/schema.ts'
import { columnsOf, entryAt, newestEntry } from './chain.ts'

export interface AuditSearch {
  /** Newest first. */
  page(
    filter: AuditFilter,
    before: number | undefined,
    limit: number,
    hostsNamed?: HostsNamed,
  ): Promise<AuditPage>
  /** Every entry of what fits (the intent and its outcome each), oldest first, as the chain has it. */
  all(filter: AuditFilter, signal: AbortSignal, hostsNamed?: HostsNamed): AsyncGenerator<AuditEntry>
}

/** Ids of the hosts whose name has this in it: the log keeps ids, and people search for names. */
export type HostsNamed = (word: string) => readonly string[]

/** Sequences looked at in one go: a search that finds nothing among millions must not hold up the server. */
const slice = 1000
/** Hosts that one word may mean; SQLite takes some thousand values. */
const mostHosts = 100
/** Of the entry that was found: `i` is an intent or event, `e` either of a pair. */
const found = { i: sql.join(columnsOf('i')), e: sql.join(columnsOf('e')) }

/** Reads the log without holding up the server, however long it is. */
export function createAuditSearch(db: Database): AuditSearch {
  const newest = async () => (await newestEntry(db))?.sequence ?? 0
  return {
    async page(filter, before, limit, hostsNamed) {
      const where = conditions(filter, hostsNamed)
      const items: AuditRecord[] = []
      let high = before === undefined ? await newest() : before - 1
      while (high > 0 && items.length <= limit) {
        const low = high - slice
        const fitting = sql<AuditEntry & { resultSequence: number | null }>`
          select ${found.i}, o.sequence as "resultSequence"
          from audit i left join audit o on o.intent = i.sequence
          where i.intent is null and i.sequence > ${low} and i.sequence <= ${high} ${where}
          order by i.sequence desc limit ${limit + 1 - items.length}`
        for (const { resultSequence, ...entry } of (await fitting.execute(db)).rows) {
          const result = resultSequence === null ? null : ((await entryAt(db, resultSequence)) ?? null)
          items.push({ ...entry, result })
        }
        high = low
        await breathe()
      }
      const more = items.length > limit
      if (more) items.pop()
      return { items, next: more ? (items.at(-1)?.sequence ?? null) : null }
    },
    async *all(filter, signal, hostsNamed) {
      const where = conditions(filter, hostsNamed)
      const last = await newest()
      for (let low = 0; low < last && !signal.aborted; low += slice) {
        const high = Math.min(low + slice, last)
        const fitting = sql<AuditEntry>`
          select ${found.e} from audit e join audit i on i.sequence = coalesce(e.intent, e.sequence)
          left join audit o on o.intent = i.sequence
          where e.sequence > ${low} and e.sequence <= ${high} ${where} order by e.sequence`
        yield* (await fitting.execute(db)).rows
        await breathe()
      }
    },
  }
}

const fieldsOfIntent = [
  'summary',
  'actor_name',
  'actor_email',
  'address',
  'action',
  'object_id',
  'request_id',
  'task_id',
  'error_code',
  'sign_in_id',
].map((name) => `i.${name}`)
const fieldsOfOutcome = ['summary', 'error_code', 'object_id', 'task_id'].map((name) => `o.${name}`)

/** Over `i` (the intent or event) and `o` (its outcome). */
function conditions(filter: AuditFilter, hostsNamed: HostsNamed = () => []): RawBuilder<unknown> {
  const { text, actor, host, action, changes, decision, outcome, from, to } = filter
  const parts: RawBuilder<unknown>[] = []
  const some = (names: string[], word: string) => {
    const pattern = `%${literal(word)}%`
    return sql.join(
      names.map((name) => sql`${sql.ref(name)} like ${pattern} escape '\\'`),
      sql` or `,
    )
  }
  // Each word is to be found somewhere.
  for (const word of (text ?? '').split(/\s+/).filter(Boolean).slice(0, 8)) {
    const anywhere = some([...fieldsOfIntent, ...fieldsOfOutcome], word)
    const hosts = hostsNamed(word).slice(0, mostHosts)
    parts.push(
      hosts.length > 0 ? sql`(${anywhere} or i.host_id in (${sql.join(hosts)}))` : sql`(${anywhere})`,
    )
  }
  if (actor) parts.push(sql`(i.actor_id = ${actor} or ${some(['i.actor_name', 'i.actor_email'], actor)})`)
  if (host) parts.push(sql`i.host_id = ${host}`)
  if (action) parts.push(some(['i.action'], action))
  if (changes) parts.push(sql`i.decision = 'allowed' and i.action not in (${sql.join(unchangingActions)})`)
  if (decision) parts.push(sql`i.decision = ${decision}`)
  if (outcome) parts.push(sql`coalesce(o.outcome, i.outcome) = ${outcome}`)
  if (from) parts.push(sql`i.at >= ${instant(from)}`)
  if (to) parts.push(sql`i.at < ${instant(to)}`)
  return parts.length > 0 ? sql`and ${sql.join(parts, sql` and `)}` : sql``
}

const literal = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')
/** With milliseconds, as they are stored: without them '…00Z' sorts behind '…00.123Z'. */
const instant = (text: string) => new Date(text).toISOString()
