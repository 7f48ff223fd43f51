import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../db/store.ts'
import { createVault } from '../secrets/vault.ts'
import { createHostRepository, type HostRepository } from './host-repository.ts'

const vault = createVault({ id: 'k', key: Buffer.alloc(32, 7) })
const canary = 'canary-5ef1c0de'
const transport = {
  kind: 'ssh' as const,
  host: 'a.example',
  port: 22,
  username: 'ops',
  auth: 'key' as const,
  privateKey: `${canary}-key`,
  passphrase: `${canary}-pass`,
  hostKey: `SHA256:${'A'.repeat(43)}`,
  jump: {
    host: 'j.example',
    port: 22,
    username: 'ops',
    auth: 'key' as const,
    privateKey: `${canary}-jump`,
    passphrase: undefined,
    hostKey: `SHA256:${'B'.repeat(43)}`,
  },
}
const input = { name: 'web-1', tags: ['prod', 'eu'], transport }

let folder: string
let opened: Store
let hosts: HostRepository
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'host-repository-'))
  opened = await openStore(folder)
  hosts = createHostRepository(opened.db, vault)
})
afterEach(async () => {
  await opened.close()
  rmSync(folder, { recursive: true })
})

describe('host repository', () => {
  it('gives back what was stored, under an id of our own', async () => {
    const added = await hosts.insert(input)
    expect(added.id).toMatch(/^h[0-9a-hjkmnp-tv-z]{12}$/)
    expect(await hosts.all()).toEqual([{ ...input, id: added.id, paused: false, createdAt: added.createdAt }])
    await hosts.update({ ...added, name: 'web-2', tags: [], paused: true })
    expect(await hosts.all()).toMatchObject([{ name: 'web-2', tags: [], paused: true, transport }])
    await hosts.remove(added.id)
    expect(await hosts.all()).toEqual([])
  })

  it('leaves no secret in any file of the database', async () => {
    const added = await hosts.insert(input)
    await hosts.update({ ...added, name: 'web-2' })
    const files = readdirSync(folder)
    expect(files).toContain('roadstead.db')
    const bytes = files.map((file) => readFileSync(join(folder, file), 'latin1')).join('')
    expect(bytes).toContain('web-2')
    expect(bytes).not.toContain(canary)
  })

  it('opens no secret that was moved to another host', async () => {
    const one = await hosts.insert(input)
    const two = await hosts.insert({
      ...input,
      name: 'web-2',
      transport: { ...transport, host: 'evil.example' },
    })
    const row = await opened.db
      .selectFrom('hosts')
      .select('secrets')
      .where('id', '=', one.id)
      .executeTakeFirst()
    await opened.db.updateTable('hosts').set({ secrets: row?.secrets }).where('id', '=', two.id).execute()
    // It costs that host, and no other.
    expect((await hosts.all()).map(({ id }) => id)).toEqual([one.id])
  })

  it('seals nothing where there is nothing', async () => {
    await hosts.insert({
      name: 'local',
      tags: [],
      transport: { kind: 'unix', socketPath: '/run/docker.sock' },
    })
    expect(await opened.db.selectFrom('hosts').select('secrets').execute()).toEqual([{ secrets: null }])
  })

  it('refuses a name twice, also when both come at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => hosts.insert(input)))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused).toHaveLength(4)
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'host_name_taken', context: { params: { name: 'web-1' } } })
    const other = await hosts.insert({ ...input, name: 'web-2' })
    await expect(hosts.update({ ...other, name: 'web-1' })).rejects.toMatchObject({ code: 'host_name_taken' })
    await hosts.update({ ...other, tags: ['same name is fine'] })
  })
})
