import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Changes, CommitResult, Processes } from '#lib/contracts/container-details.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { itAt } from '../../testing/it-at.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { pairOf } from '../../testing/whole-tables.ts'

const prefix = `details-${randomUUID().slice(0, 8)}`
const engines = pairOf<EngineName>(
  ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp'],
  'older Docker',
)
let test: AppUnderTest
const hosts = new Map<EngineName, string>()
const made: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const name of engines) {
    const answer = await test.call('POST', '/api/hosts', { name, transport: labTransport(name) })
    hosts.set(name, (answer.json as Host).id)
  }
})
afterAll(async () => {
  await test.close()
  for (const remove of made) await remove().catch(() => {})
})

const code = (answer: { json: unknown }) => (answer.json as { error?: { code: string } }).error?.code

/** Where a container sees its own limits, with cgroup v1 and v2. */
const limitScript = [
  'cd /sys/fs/cgroup',
  'cat memory/memory.limit_in_bytes 2>/dev/null || cat memory.max',
  'cat cpu/cpu.cfs_quota_us 2>/dev/null || cut -d" " -f1 cpu.max',
  'cat pids/pids.max 2>/dev/null || cat pids.max',
].join('; ')

const ids = new Map<EngineName, string>()
const of = (engine: EngineName) => {
  const id = ids.get(engine) ?? ''
  return { id, path: `/api/hosts/${hosts.get(engine)}/containers/${id}` }
}

describe('a container', () => {
  const itAtEach = itAt(engines)
  beforeAll(async () => {
    await Promise.all(engines.map(make))
  })
  async function make(engine: EngineName): Promise<void> {
    const socketPath = labEngine(engine).localSocketPath
    const script =
      'echo new > /tmp/new; echo changed > /www/index.html; rm /etc/group; while :; do sleep 1234; done'
    const body = { Image: labImages.web1, Cmd: ['/bin/sh', '-c', script], Env: ['SECRET=canary'] }
    const created = `/v1.41/containers/create?name=${prefix}-${engine}`
    const { Id } = await engineCall<{ Id: string }>(socketPath, 'POST', created, body)
    ids.set(engine, Id)
    made.push(() => removeContainer(engine, Id))
    await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
    for (const end = Date.now() + 15_000; Date.now() < end; ) {
      if (test.app.live.fleet.get('containers', hosts.get(engine) ?? '', Id)) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  itAtEach('shows its processes as the CLI does', async (engine) => {
    const { id, path } = of(engine)
    const { json } = await test.call('GET', `${path}/processes`)
    const { titles, rows } = json as Processes
    expect(titles).toContain('PID')
    expect(rows.length).toBe(2)
    for (const row of rows) expect(row.length).toBe(titles.length)
    expect(rows.map((row) => row.at(-1)).join('\n')).toContain('sleep 1234')
    const told = (await witness(engine, ['top', id])).stdout
    for (const row of rows) expect(told).toContain(row[titles.indexOf('PID')])
    const full = await test.call('GET', `${path}/processes?args=-eo%20pid,comm`)
    expect(full.status).toBe(200)
    expect(code(await test.call('GET', `${path}/processes?args=$(id)`))).toBe('invalid_input')
  })

  itAtEach('shows what differs from its image, as the CLI does', async (engine) => {
    const { id, path } = of(engine)
    const { items, truncated } = (await test.call('GET', `${path}/changes`)).json as Changes
    expect(truncated).toBe(false)
    const letters = { modified: 'C', added: 'A', deleted: 'D' }
    const shown = items.map((item) => `${letters[item.kind]} ${item.path}`)
    for (const expected of ['A /tmp/new', 'C /www/index.html', 'D /etc/group'])
      expect(shown).toContain(expected)
    const told = (await witness(engine, ['diff', id])).stdout.trim().split('\n')
    expect([...shown].sort()).toEqual([...told].sort())
  })

  itAtEach('is exported as a tar that tar reads', async (engine) => {
    const { path } = of(engine)
    const answer = await fetch(`${test.origin}${path}/export`, { headers: { cookie: test.cookie } })
    expect(answer.headers.get('content-type')).toBe('application/x-tar')
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect(bytes.includes('tmp/new')).toBe(true)
    // A tar ends with two empty blocks.
    expect(bytes.subarray(-1024).every((byte) => byte === 0)).toBe(true)
  })

  itAtEach('becomes an image', async (engine) => {
    const { path } = of(engine)
    const reference = `lab.internal/${prefix}:${engine}`
    const answer = await test.call('POST', `${path}/commit`, { reference, author: 'Ada', message: 'kept' })
    const { imageId } = answer.json as CommitResult
    made.push(() => witness(engine, ['rmi', reference]))
    const told = JSON.parse((await witness(engine, ['image', 'inspect', reference])).stdout)[0]
    expect(imageId.replace('sha256:', '')).toBe(String(told.Id).replace('sha256:', ''))
    expect(told.Author).toBe('Ada')
    expect(code(await test.call('POST', `${path}/commit`, { reference: 'NOT valid' }))).toBe(
      'reference_invalid',
    )
  })

  itAtEach('takes other limits', async (engine) => {
    const { id, path } = of(engine)
    const change = { memory: 64 * 1024 * 1024, cpus: 0.5, pids: 50 }
    const answer = await test.call('POST', `${path}/update`, change)
    expect([answer.status, answer.json]).toEqual([204, undefined])
    const limits = async () => {
      const { stdout } = await witness(engine, ['exec', id, 'sh', '-c', limitScript])
      return stdout.trim().split('\n').map(Number)
    }
    expect(await limits()).toEqual([67_108_864, 50_000, 50])
    expect(code(await test.call('POST', `${path}/update`, {}))).toBe('invalid_input')
  })
})
