import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { PatientSqliteDialect } from './sqlite-driver.ts'

interface Schema {
  notes: { text: string }
}

function opened(mostMs: number) {
  const path = join(mkdtempSync(join(tmpdir(), 'roadstead-test-')), 'a.db')
  const raw = new DatabaseSync(path)
  raw.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0; create table notes (text text)')
  const db = new Kysely<Schema>({ dialect: new PatientSqliteDialect(raw, mostMs) })
  const add = (text: string) => db.insertInto('notes').values({ text }).execute()
  const notes = async () => (await db.selectFrom('notes').select('text').execute()).map(({ text }) => text)
  return { db, add, notes, other: new DatabaseSync(path) }
}

describe('while another program holds the write lock', () => {
  it('the process goes on, reading answers, and what is written waits its turn', async () => {
    const { db, add, notes, other } = opened(5000)
    await add('before')
    other.exec("BEGIN IMMEDIATE; insert into notes values ('theirs')")
    const began = performance.now()
    const writing = [
      add('ours'),
      db.transaction().execute((trx) => trx.insertInto('notes').values({ text: 'both' }).execute()),
    ]
    expect(await notes()).toEqual(['before'])
    await sleep(100)
    // A connection with a busy_timeout would have stood still until now.
    expect(performance.now() - began).toBeLessThan(2000)
    other.exec('COMMIT')
    await Promise.all(writing)
    expect((await notes()).sort()).toEqual(['before', 'both', 'ours', 'theirs'])
    await db.destroy()
  })

  it('it is told at the end of patience', async () => {
    const { db, add, other } = opened(100)
    other.exec('BEGIN IMMEDIATE')
    await expect(add('ours')).rejects.toMatchObject({ errcode: 5 })
    await expect(db.transaction().execute(async () => {})).rejects.toMatchObject({ errcode: 5 })
    other.exec('ROLLBACK')
    await add('ours')
    await db.destroy()
  })
})

it('a transaction is one: nothing of others gets into it or sees it half', async () => {
  const { db, add, notes } = opened(1000)
  const seen: string[][] = []
  const failing = db.transaction().execute(async (trx) => {
    await trx.insertInto('notes').values({ text: 'half' }).execute()
    void notes().then((found) => seen.push(found))
    void add('after')
    await sleep(20)
    throw new Error('taken back')
  })
  await expect(failing).rejects.toThrow('taken back')
  await expect.poll(() => seen.length).toBe(1)
  expect(seen).toEqual([[]])
  await expect.poll(notes).toEqual(['after'])
  expect((await sql<{ n: number }>`select count(*) as n from notes`.execute(db)).rows).toEqual([{ n: 1 }])
  await db.destroy()
})
