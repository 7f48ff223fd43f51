import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Acknowledgement } from '#lib/contracts/attention.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { MadeLink } from '#lib/contracts/users.ts'
import { openStore } from '../../db/store.ts'
import { MemoryFleet } from '../../fleet/fleet-state.ts'
import { createLog } from '../../log.ts'
import { type AppUnderTest, cookieOf, startApp } from '../../testing/app-under-test.ts'
import { createAcknowledgements } from './acknowledgements.ts'

let test: AppUnderTest
let host: Host
const folders: string[] = []
const [sick, well] = ['a'.repeat(64), 'b'.repeat(64)]
const put = (id: string, change: Partial<Container>) =>
  test.app.live.fleet.put('containers', {
    hostId: host.id,
    id,
    name: id.slice(0, 4),
    labels: {},
    state: 'running',
    health: 'none',
    exitCode: null,
    error: null,
    oomKilled: false,
    finishedAt: null,
    ...change,
  } as unknown as Container)
const crashed = (finishedAt: string) => put(sick, { state: 'exited', exitCode: 3, finishedAt })
const pathOf = (id: string) => `/api/hosts/${host.id}/containers/${id}/acknowledgement`
const listed = async (headers = {}) => {
  const answer = await test.call('GET', '/api/attention/acknowledged', undefined, headers)
  return (answer.json as Acknowledgement[]).map(({ containerId, note }) => [containerId, note])
}
/** The database as a later start finds it. */
function copyOf(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'roadstead-attention-'))
  folders.push(copy)
  const database = new DatabaseSync(join(folder, 'roadstead.db'))
  database.exec(`vacuum into '${join(copy, 'roadstead.db')}'`)
  database.close()
  return copy
}
/** On the disk, for the next start. */
const stored = () => {
  const database = new DatabaseSync(join(test.dataFolder, 'roadstead.db'), { readOnly: true })
  const rows = database.prepare('select container_id, by_name from acknowledgements').all()
  database.close()
  return rows.map((row) => ({ ...row }))
}
const seenAt = (at: string, note?: string) => ({
  problem: 'exitedWithError',
  at,
  ...(note !== undefined && { note }),
})
const [night, morning] = ['2026-01-01T02:00:00.000Z', '2026-01-01T08:00:00.000Z']

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: 1 }
  host = (await test.call('POST', '/api/hosts', { name: 'one', transport })).json
})
afterAll(async () => {
  await test.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe('what somebody has seen', () => {
  it('is told with who, when and why, and written down', async () => {
    crashed(night)
    const answer = await test.call('PUT', pathOf(sick), seenAt(night, ' known, ticket 12 '))
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      by: 'Ada',
      note: 'known, ticket 12',
      problem: 'exitedWithError',
      at: night,
    })
    expect(await listed()).toEqual([[sick, 'known, ticket 12']])
    expect(stored()).toEqual([{ container_id: sick, by_name: 'Ada' }])
  })

  it('is about one failure: the next one needs attention', async () => {
    crashed(morning)
    await expect.poll(() => listed()).toEqual([])
    // Nor is it acknowledged by who has only seen the one before.
    const late = await test.call('PUT', pathOf(sick), seenAt(night))
    expect(late.json).toMatchObject({ error: { code: 'failure_changed' } })
    expect(await listed()).toEqual([])
  })

  it('goes when the container is well, and when it is removed', async () => {
    for (const end of [
      () => put(sick, { health: 'healthy' }),
      () => test.app.live.fleet.remove('containers', host.id, sick),
    ]) {
      crashed(night)
      await test.call('PUT', pathOf(sick), seenAt(night))
      expect(await listed()).toEqual([[sick, '']])
      end()
      await expect.poll(() => listed()).toEqual([])
    }
    await expect.poll(stored).toEqual([])
  })

  it('goes at a later start with a container that was removed meanwhile, once its host is read', async () => {
    crashed(night)
    await test.call('PUT', pathOf(sick), seenAt(night))
    const database = await openStore(copyOf(test.dataFolder))
    const log = createLog('silent')
    const fleet = new MemoryFleet(() => [], log)
    const later = await createAcknowledgements({ db: database.db, fleet, log })
    const rows = () => database.db.selectFrom('acknowledgements').select('container_id').execute()
    const read = { ...host, syncedAt: morning, reading: { ...host.reading, failed: [] } }
    fleet.putHost({ ...read, state: 'unreachable' })
    fleet.put('containers', { hostId: 'another', id: well } as Container)
    await new Promise((resolve) => fleet.subscribe(resolve))
    expect(await rows()).toHaveLength(1)
    fleet.putHost({ ...read, state: 'online' })
    await expect.poll(rows).toEqual([])
    later.stop()
    await database.close()
  })

  it('can be taken back, and is of nothing where nothing is wrong', async () => {
    crashed(night)
    await test.call('PUT', pathOf(sick), seenAt(night))
    expect((await test.call('DELETE', pathOf(sick))).status).toBe(204)
    expect(await listed()).toEqual([])
    put(well, {})
    const refused = await test.call('PUT', pathOf(well), seenAt(night))
    expect(refused.json).toMatchObject({ error: { code: 'failure_changed' } })
    expect((await test.call('PUT', pathOf('c'.repeat(64)), seenAt(night))).status).toBe(404)
  })

  it('is read by who sees the container, and said by who may restart it', async () => {
    crashed(night)
    await test.call('PUT', pathOf(sick), seenAt(night))
    const made = await test.call('POST', '/api/invitations', {
      name: 'Vera',
      email: 'vera@example.com',
      role: 'viewer',
    })
    const token = new URL((made.json as MadeLink).url).hash.slice(1)
    const joined = await test.call('POST', '/api/join', { token, password: 'a long enough password' })
    const cookie = cookieOf(joined.headers)
    expect(await listed({ cookie })).toEqual([[sick, '']])
    expect((await test.call('PUT', pathOf(sick), seenAt(night), { cookie })).status).toBe(403)
    expect((await test.call('DELETE', pathOf(sick), undefined, { cookie })).status).toBe(403)
  })
})
