import { sql } from 'kysely'
import { everyColumn } from '../db/columns.ts'
import type { Database } from '../db/schema.ts'
import { placeOf } from './envelope.ts'

/** Never sealed: the keys themselves, and the log whose rows are never changed. */
const spared = new Set(['data_keys', 'audit'])

/**
 * Rewrites every column content that begins with `head`, of every column of every table, so that none is forgotten that is
 * added later. `move` gets it with its place and answers what is to stand there instead, or null to leave it. Returns how many
 * were moved. To be called in a transaction.
 */
export async function reseal(
  db: Database,
  head: string,
  move: (sealed: string, place: string) => string | null,
): Promise<number> {
  let moved = 0
  for (const { table, column, row } of await everyColumn(db, spared)) {
    const [of, content, key] = [sql.table(table), sql.ref(column), sql.ref(row)]
    // All at once: a row that is rewritten while a cursor stands on its table may be met again.
    const found = await sql<{ id: string; sealed: string }>`
      select ${key} as id, ${content} as sealed from ${of} where substr(${content}, 1, ${head.length}) = ${head}`.execute(
      db,
    )
    for (const { id, sealed } of found.rows) {
      const next = move(sealed, placeOf(table, String(id), column))
      if (next === null) continue
      await sql`update ${of} set ${content} = ${next} where ${key} = ${id}`.execute(db)
      moved++
    }
  }
  return moved
}

/** Where something that begins like this still stands, at any place within a column; null when nowhere. */
export async function leftOver(db: Database, head: string): Promise<string | null> {
  for (const { table, column } of await everyColumn(db, spared)) {
    const found = await sql`
      select 1 from ${sql.table(table)} where instr(${sql.ref(column)}, ${head}) > 0 limit 1`.execute(db)
    if (found.rows.length > 0) return `${table}.${column}`
  }
  return null
}
