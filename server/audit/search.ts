import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import { unchangingActions } from '#lib/audit-actions.ts'
import type { AuditEntry, AuditFilter, AuditPage, AuditRecord } from '#lib/contracts/audit.ts'
import { columns } from './chain.ts'

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
const named = (alias: string) => columns.replaceAll(/\b([a-z_]+)(?= as |,|$)/g, (name) => `${alias}.${name}`)

/** Reads the log without holding up the server, however long it is. */
export function createAuditSearch(database: DatabaseSync): AuditSearch {
  const newest = () =>
    (database.prepare('select max(sequence) as last from audit').get() as { last: number | null }).last ?? 0
  const read = database.prepare(`select ${columns} from audit where sequence = ?`)
  return {
    async page(filter, before, limit, hostsNamed) {
      const { where, values } = conditions(filter, hostsNamed)
      const found = database.prepare(
        `select ${named('i')}, o.sequence as resultSequence from audit i left join audit o on o.intent = i.sequence
        where i.intent is null and i.sequence > :low and i.sequence <= :high ${where}
        order by i.sequence desc limit :limit`,
      )
      const items: AuditRecord[] = []
      let high = before === undefined ? newest() : before - 1
      while (high > 0 && items.length <= limit) {
        const low = high - slice
        const rows = found.all({ ...values, low, high, limit: limit + 1 - items.length })
        for (const row of rows as unknown as (AuditEntry & { resultSequence: number | null })[]) {
          const { resultSequence, ...entry } = row
          const result = resultSequence === null ? null : (read.get(resultSequence) as unknown as AuditEntry)
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
      const { where, values } = conditions(filter, hostsNamed)
      const found = database.prepare(
        `select ${named('e')} from audit e join audit i on i.sequence = coalesce(e.intent, e.sequence)
        left join audit o on o.intent = i.sequence
        where e.sequence > :low and e.sequence <= :high ${where} order by e.sequence`,
      )
      const last = newest()
      for (let low = 0; low < last && !signal.aborted; low += slice) {
        const high = Math.min(low + slice, last)
        yield* found.all({ ...values, low, high }) as unknown as AuditEntry[]
        await breathe()
      }
    },
  }
}

/** Over `i` (the intent or event) and `o` (its outcome). */
function conditions(
  filter: AuditFilter,
  hostsNamed: HostsNamed = () => [],
): { where: string; values: Record<string, SQLInputValue> } {
  const { text, actor, host, action, changes, decision, outcome, from, to } = filter
  const values: Record<string, SQLInputValue> = {}
  const parts: string[] = []
  const add = (condition: string, name: string, value: string) => {
    parts.push(condition)
    values[name] = value
  }
  const some = (names: string[], parameter: string) =>
    `(${names.map((name) => `${name} like :${parameter} escape '\\'`).join(' or ')})`
  // Each word is to be found somewhere.
  for (const [index, word] of (text ?? '').split(/\s+/).filter(Boolean).slice(0, 8).entries()) {
    const fields = [
      'summary',
      'actor_name',
      'actor_email',
      'address',
      'action',
      'object_id',
      'request_id',
      'task_id',
    ]
    const anywhere = [...fields, 'error_code', 'sign_in_id'].map((name) => `i.${name}`)
    const later = ['summary', 'error_code', 'object_id', 'task_id'].map((name) => `o.${name}`)
    const found = some([...anywhere, ...later], `word${index}`)
    const hosts = hostsNamed(word).slice(0, mostHosts)
    const names = hosts.map((_, at) => `:word${index}host${at}`)
    for (const [at, id] of hosts.entries()) values[`word${index}host${at}`] = id
    const isThere = hosts.length > 0 ? `(${found} or i.host_id in (${names.join(', ')}))` : found
    add(isThere, `word${index}`, `%${literal(word)}%`)
  }
  if (actor) {
    add(`(i.actor_id = :actorId or ${some(['i.actor_name', 'i.actor_email'], 'actor')})`, 'actorId', actor)
    values.actor = `%${literal(actor)}%`
  }
  if (host) add('i.host_id = :host', 'host', host)
  if (action) add(some(['i.action'], 'action'), 'action', `%${literal(action)}%`)
  if (changes) {
    // A list of our own, and no values of the request.
    parts.push(
      "i.decision = 'allowed'",
      `i.action not in (${unchangingActions.map((name) => `'${name}'`).join(', ')})`,
    )
  }
  if (decision) add('i.decision = :decision', 'decision', decision)
  if (outcome) add('coalesce(o.outcome, i.outcome) = :outcome', 'outcome', outcome)
  if (from) add('i.at >= :from', 'from', instant(from))
  if (to) add('i.at < :to', 'to', instant(to))
  return { where: parts.map((part) => `and ${part}`).join(' '), values }
}

const literal = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')
/** With milliseconds, as they are stored: without them '…00Z' sorts behind '…00.123Z'. */
const instant = (text: string) => new Date(text).toISOString()
