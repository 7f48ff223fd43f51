import type { DatabaseSync } from 'node:sqlite'
import { placeOf } from './envelope.ts'

/** Never sealed: the keys themselves, and the log whose rows are never changed. */
const spared = new Set(['data_keys', 'audit'])

interface Column {
  table: string
  column: string
  /** The name of the column that names the row. */
  row: string
}

/**
 * Every column of every table, so that none is forgotten that is added later. Rows are known by their one primary key.
 */
function columnsOf(raw: DatabaseSync): Column[] {
  const tables = raw
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'")
    .all() as { name: string }[]
  return tables
    .filter(({ name }) => !spared.has(name))
    .flatMap(({ name: table }) => {
      const columns = raw.prepare('select name, pk from pragma_table_info(?)').all(table) as {
        name: string
        pk: number
      }[]
      const keys = columns.filter(({ pk }) => pk > 0)
      const [key] = keys
      if (!key || keys.length !== 1) return []
      return columns
        .filter(({ pk }) => pk === 0)
        .map(({ name: column }) => ({ table, column, row: key.name }))
    })
}

/**
 * Rewrites every column content that begins with `head`. `move` gets it with its place and answers what is to stand there
 * instead, or null to leave it. Returns how many were moved. To be called in a transaction.
 */
export function reseal(
  raw: DatabaseSync,
  head: string,
  move: (sealed: string, place: string) => string | null,
): number {
  let moved = 0
  for (const { table, column, row } of columnsOf(raw)) {
    const find = raw.prepare(
      `select "${row}" as id, "${column}" as sealed from "${table}" where substr("${column}", 1, ?) = ?`,
    )
    const write = raw.prepare(`update "${table}" set "${column}" = ? where "${row}" = ?`)
    // All at once: a row that is rewritten while a cursor stands on its table may be met again.
    for (const { id, sealed } of find.all(head.length, head) as { id: string; sealed: string }[]) {
      const next = move(sealed, placeOf(table, String(id), column))
      if (next === null) continue
      write.run(next, id)
      moved++
    }
  }
  return moved
}

/** Where something that begins like this still stands, at any place within a column; null when nowhere. */
export function leftOver(raw: DatabaseSync, head: string): string | null {
  for (const { table, column } of columnsOf(raw)) {
    const found = raw.prepare(`select 1 from "${table}" where instr("${column}", ?) > 0 limit 1`).get(head)
    if (found) return `${table}.${column}`
  }
  return null
}
