import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import type { Database } from '../db/schema.ts'
import { openConnection, openStore } from '../db/store.ts'
import { AppError } from '../errors.ts'
import { createLog } from '../log.ts'
import type { Principal } from '../principal/principal.ts'
import { mayMount, mountSmallDisk } from '../testing/small-disk.ts'
import { canonical, entriesAfter, genesis, hashOf } from './chain.ts'
import { type AuditLog, openAudit } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'roadstead-audit-'))
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ada: Principal = {
  userId: 'u1',
  sessionId: 's1',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'administrator',
  from: { address: '10.0.0.7', requestId: 'r1' },
}
const act = { action: 'containers.stop', hostId: 'h000000000000', objectId: 'c0ffee', summary: 'web-1' }

let folders = 0
async function makeFolder(): Promise<string> {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  await (await openStore(folder)).close()
  return folder
}

async function openLog(folder: string): Promise<AuditLog & { db: Database }> {
  const db = openConnection(folder)
  const log = await openAudit(db, createLog('silent'))
  open.push(() => log.close())
  return { ...log, db }
}

/** As whoever holds the file: a connection beside the log's. */
function beside<T>(folder: string, work: (raw: DatabaseSync) => T): T {
  const raw = new DatabaseSync(join(folder, 'roadstead.db'))
  try {
    return work(raw)
  } finally {
    raw.close()
  }
}

const entries = (log: { db: Database }) => entriesAfter(log.db, 0, { most: 1000 })

describe('the canonical form', () => {
  const entry = {
    sequence: 1,
    kind: 'event',
    intent: null,
    at: '2026-01-01T00:00:00.000Z',
    actorId: null,
    actorName: 'É "quoted"',
    actorEmail: null,
    signIn: null,
    signInId: null,
    address: null,
    hostId: null,
    objectId: null,
    action: 'server.started',
    decision: 'allowed',
    outcome: 'succeeded',
    errorCode: null,
    requestId: null,
    taskId: null,
    summary: '',
    previousHash: genesis,
  } as const satisfies Omit<AuditEntry, 'hash'>

  it('is sorted, without what is null, and has a hash that anybody can compute', () => {
    const text = `{"action":"server.started","actorName":"É \\"quoted\\"","at":"2026-01-01T00:00:00.000Z","decision":"allowed","kind":"event","outcome":"succeeded","previousHash":"${genesis}","sequence":1,"summary":""}`
    expect(canonical(entry)).toBe(text)
    const computed = execFileSync('sha256sum', { input: text }).toString().slice(0, 64)
    expect(hashOf(entry)).toBe(computed)
  })

  it('does not depend on the order of the fields, and a field of a later version changes nothing while it is null', () => {
    const turned = Object.fromEntries(Object.entries(entry).toReversed()) as typeof entry
    expect(hashOf({ ...turned, hash: 'x', later: null } as typeof entry)).toBe(hashOf(entry))
  })
})

describe('the chain', () => {
  const filled = async () => {
    const folder = await makeFolder()
    const log = await openLog(folder)
    for (let index = 0; index < 5; index++)
      await (await log.audit.begin(ada, { ...act, summary: `web-${index}` })).end({})
    expect(await log.verify()).toMatchObject({ entries: 11, broken: null, head: { sequence: 11 } })
    return { folder, log }
  }

  // As whoever holds the file would: without our triggers.
  it.each([
    ['changed content', "update audit set summary = 'other' where sequence = 4", 4, 'content'],
    ['another actor', "update audit set actor_id = 'u2' where sequence = 4", 4, 'content'],
    ['a field set to nothing', 'update audit set address = null where sequence = 4', 4, 'content'],
    ['a deleted entry', 'delete from audit where sequence = 4', 4, 'gap'],
    ['a deleted beginning', 'delete from audit where sequence < 4', 1, 'gap'],
    ['an entry before the first', 'update audit set sequence = 0 where sequence = 1', 0, 'gap'],
    [
      'two that changed places',
      'update audit set sequence = case sequence when 4 then -5 else -4 end where sequence in (4, 5); update audit set sequence = -sequence where sequence < 0',
      4,
      'link',
    ],
    [
      'a deleted entry with those after it counted anew',
      'delete from audit where sequence = 4; update audit set sequence = sequence - 1 where sequence > 4',
      4,
      'link',
    ],
  ])('%s is found', async (_, tampering, sequence, fault) => {
    const { folder, log } = await filled()
    beside(folder, (raw) => {
      raw.exec('drop trigger audit_no_update; drop trigger audit_no_delete')
      raw.exec(tampering as string)
    })
    expect(await log.verify()).toMatchObject({ broken: { sequence, fault } })
  })

  it('does not tell of a tail that was cut off, but its head does', async () => {
    const { folder, log } = await filled()
    const before = await log.verify()
    beside(folder, (raw) => raw.exec('drop trigger audit_no_delete; delete from audit where sequence > 9'))
    const after = await log.verify()
    expect(after).toMatchObject({ broken: null, entries: 9 })
    expect(after.head).not.toEqual(before.head)
  })

  it('is only added to: SQLite itself refuses the rest', async () => {
    const { folder } = await filled()
    for (const change of ["update audit set summary = ''", 'delete from audit'])
      expect(() => beside(folder, (raw) => raw.exec(change))).toThrow('append only')
  })

  it('is verified by a command, with the server running and without it', async () => {
    const { folder, log } = await filled()
    const run = () => execFileSync('node', ['scripts/verify-audit.ts', folder], { stdio: 'pipe' }).toString()
    expect(run()).toContain('holds: 11 entries')
    beside(folder, (raw) =>
      raw.exec("drop trigger audit_no_update; update audit set summary = 'x' where sequence = 7"),
    )
    await log.close()
    open.pop()
    expect(run).toThrow('does not hold at sequence 7')
  })

  it('stays one chain when much comes at once, synced to the disk at each commit', async () => {
    const log = await openLog(await makeFolder())
    expect((await sql`pragma synchronous`.execute(log.db)).rows).toEqual([{ synchronous: 2 }])
    expect((await sql`pragma journal_mode`.execute(log.db)).rows).toEqual([{ journal_mode: 'wal' }])
    const many = Array.from({ length: 300 }, async (_, index) => {
      const operation = await log.audit.begin(ada, { ...act, summary: `web-${index}` })
      await operation.end(index % 3 === 0 ? { error: new AppError('container_not_found') } : {})
      await operation.end({})
    })
    await Promise.all(many)
    expect(await log.verify()).toMatchObject({ entries: 601, broken: null })
  })

  it('waits for another that writes to the database', async () => {
    const folder = await makeFolder()
    const log = await openLog(folder)
    const other = new DatabaseSync(join(folder, 'roadstead.db'))
    other.exec('BEGIN IMMEDIATE')
    const written = log.audit.begin(ada, act)
    await new Promise((resolve) => setTimeout(resolve, 120))
    other.exec('COMMIT')
    other.close()
    await (await written).end({})
    expect(await log.verify()).toMatchObject({ entries: 3, broken: null })
  })
})

describe('an entry', () => {
  it('says who, from where, what and what came of it, on one line', async () => {
    const log = await openLog(await makeFolder())
    const evil = 'a\nb\u001b[31m\u202e\ud800'
    await (await log.audit.begin(ada, { ...act, summary: evil })).end({
      error: new AppError('container_not_found'),
    })
    const [, intent, outcome] = await entries(log)
    expect(intent).toMatchObject({
      sequence: 2,
      kind: 'intent',
      outcome: null,
      decision: 'allowed',
      intent: null,
      actorId: 'u1',
      actorName: 'Ada',
      actorEmail: 'ada@example.com',
      signIn: 'session',
      signInId: 's1',
      address: '10.0.0.7',
      requestId: 'r1',
      hostId: act.hostId,
      objectId: 'c0ffee',
      action: act.action,
      summary: 'a b [31m \ufffd',
    })
    expect(outcome).toMatchObject({
      sequence: 3,
      kind: 'outcome',
      intent: 2,
      outcome: 'failed',
      errorCode: 'container_not_found',
      previousHash: intent?.hash,
    })
  })

  it.each([
    ['host_unresponsive', 'unknown'],
    ['connection_reset', 'unknown'],
    ['connection_refused', 'failed'],
    ['conflict', 'failed'],
  ] as const)('of a change that ended in %s: %s', async (code, expected) => {
    const log = await openLog(await makeFolder())
    await (await log.audit.begin(ada, act)).end({ error: new AppError(code) })
    expect((await entries(log)).at(-1)).toMatchObject({ outcome: expected, errorCode: code })
  })

  it('whose outcome the server did not live to see is unknown after the next start, once', async () => {
    const folder = await makeFolder()
    const first = await openLog(folder)
    await first.audit.begin(ada, act)
    await (await first.audit.begin(ada, { ...act, summary: 'ended' })).end({})
    await first.close()
    open.pop()
    const second = await openLog(folder)
    const told = (await entries(second)).filter(({ outcome }) => outcome === 'unknown')
    expect(told).toMatchObject([
      { kind: 'outcome', intent: 2, errorCode: 'server_ended', objectId: 'c0ffee' },
    ])
    await second.close()
    open.pop()
    const third = await openLog(folder)
    expect((await entries(third)).filter(({ outcome }) => outcome === 'unknown')).toHaveLength(1)
    expect(await third.verify()).toMatchObject({ broken: null })
  })

  it('of people unknown is kept up to a limit, and how many were not is told', async () => {
    const log = await openLog(await makeFolder())
    const from = (address: string) => ({ address, requestId: 'r' })
    const refuse = (address: string) =>
      log.audit.refused(
        from(address),
        { action: 'account.signIn', summary: 'x@example.com' },
        new AppError('bad_credentials'),
      )
    for (let index = 0; index < 50; index++) await refuse(`2001:db8:1:1::${index + 1}`)
    expect(await entries(log)).toHaveLength(31)
    await refuse('2001:db8:2:2::1')
    expect((await entries(log)).at(-1)?.summary).toBe('x@example.com (and 20 more that are not kept)')
  })
})

describe('a log that cannot be written', () => {
  const fill = async (log: AuditLog, full: () => unknown, empty: () => unknown) => {
    const before = await log.audit.begin(ada, { ...act, summary: 'under way' })
    await full()
    // What is already in the file's last page may still fit.
    const refusals: unknown[] = []
    for (let index = 0; index < 400 && refusals.length < 3; index++) {
      const begun = log.audit.begin(ada, { ...act, summary: 'x'.repeat(400) })
      await begun.catch((error: unknown) => refusals.push(error))
    }
    expect(refusals).toHaveLength(3)
    expect(refusals[0]).toMatchObject({ code: 'audit_unavailable' })
    // It has happened: the answer goes out, and the outcome waits for room.
    await before.end({})
    expect((await log.search.page({}, undefined, 200)).items.length).toBeGreaterThan(1)
    await empty()
    const after = await log.audit.begin(ada, { ...act, summary: 'again' })
    await after.end({})
    expect(await log.verify()).toMatchObject({ broken: null })
    const [again] = (await log.search.page({ text: 'again' }, undefined, 1)).items
    const [waited] = (await log.search.page({ text: 'under way' }, undefined, 1)).items
    expect(again?.result?.outcome).toBe('succeeded')
    expect(waited?.result?.outcome).toBe('succeeded')
    // What was owed went first.
    expect(waited?.result?.sequence).toBeLessThan(again?.sequence ?? 0)
  }

  it('refuses what would need an entry, reads on, and goes on when there is room', async () => {
    const log = await openLog(await makeFolder())
    const pages = async () =>
      (await sql<{ page_count: number }>`pragma page_count`.execute(log.db)).rows[0]?.page_count
    const most = (count: number) => sql`pragma max_page_count = ${sql.lit(count)}`.execute(log.db)
    await fill(
      log,
      async () => most((await pages()) ?? 0),
      () => most(1_000_000),
    )
  })

  // Left out only for who is not root outside of CI, since mounting takes root (small-disk.ts); in CI it always runs.
  it.skipIf(!mayMount)('does so on a disk that is truly full', async () => {
    const disk = mountSmallDisk(4)
    open.push(() => disk.unmount())
    await (await openStore(disk.folder)).close()
    await fill(await openLog(disk.folder), disk.fill, disk.empty)
  })
})

describe('a search', () => {
  it('finds by every filter, newest first, page by page', async () => {
    const log = await openLog(await makeFolder())
    const eve: Principal = { ...ada, userId: 'u2', name: 'Eve', email: 'eve@example.com' }
    await (await log.audit.begin(ada, { ...act, summary: '100% of web_1' })).end({})
    await (await log.audit.begin(eve, { ...act, hostId: 'h111111111111' })).end({
      error: new AppError('conflict'),
    })
    await log.audit.denied(
      eve,
      { hostId: 'h111111111111', summary: 'no' },
      new AppError('denied', { params: { permission: 'containers.kill' } }),
    )
    const found = async (filter: Parameters<typeof log.search.page>[0]) =>
      (await log.search.page(filter, undefined, 100)).items.map(({ sequence }) => sequence)
    expect(await found({})).toEqual([6, 4, 2, 1])
    expect(await found({ text: '0% web_1' })).toEqual([2])
    expect(await found({ text: 'webx1' })).toEqual([])
    expect(await found({ text: 'conflict' })).toEqual([4])
    expect(await found({ actor: 'eve' })).toEqual([6, 4])
    expect(await found({ actor: 'u1' })).toEqual([2])
    expect(await found({ host: 'h111111111111' })).toEqual([6, 4])
    expect(await found({ action: 'containers.' })).toEqual([6, 4, 2])
    expect(await found({ action: 'kill' })).toEqual([6])
    // A denial changes nothing, and neither does the server's start.
    expect(await found({ changes: true })).toEqual([4, 2])
    const byHost = await log.search.page({ text: 'eve shop' }, undefined, 100, (word) =>
      word === 'shop' ? ['h111111111111'] : [],
    )
    expect(byHost.items.map(({ sequence }) => sequence)).toEqual([6, 4])
    expect(await found({ decision: 'denied' })).toEqual([6])
    expect(await found({ outcome: 'failed' })).toEqual([6, 4])
    expect(await found({ from: '2100-01-01T00:00:00Z' })).toEqual([])
    expect(await found({ to: '2100-01-01T00:00:00Z' })).toHaveLength(4)
    const first = await log.search.page({}, undefined, 2)
    expect([first.items.map(({ sequence }) => sequence), first.next]).toEqual([[6, 4], 4])
    const second = await log.search.page({}, first.next ?? 0, 2)
    expect([second.items.map(({ sequence }) => sequence), second.next]).toEqual([[2, 1], null])
    const exported: number[] = []
    for await (const entry of log.search.all({ actor: 'eve' }, new AbortController().signal))
      exported.push(entry.sequence)
    expect(exported).toEqual([4, 5, 6])
  })
})
