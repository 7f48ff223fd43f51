import { sql } from 'kysely'
import type { Database } from './schema.ts'

export interface Column {
  table: string
  column: string
  /** The name of the column that names the row. */
  row: string
}

/** Every column of every table whose rows are known by one primary key, but of these, as the database itself tells. */
export async function everyColumn(db: Database, spared: ReadonlySet<string>): Promise<Column[]> {
  const tables = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`.execute(
    db,
  )
  const all: Column[] = []
  for (const { name: table } of tables.rows) {
    if (spared.has(table)) continue
    const columns = await sql<{ name: string; pk: number }>`
      select name, pk from pragma_table_info(${table})`.execute(db)
    const keys = columns.rows.filter(({ pk }) => pk > 0)
    const [key] = keys
    if (!key || keys.length !== 1) continue
    for (const { name: column, pk } of columns.rows) if (pk === 0) all.push({ table, column, row: key.name })
  }
  return all
}

export async function hasTable(db: Database, name: string): Promise<boolean> {
  const found = await sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`.execute(db)
  return found.rows.length > 0
}
