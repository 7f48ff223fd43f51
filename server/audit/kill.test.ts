import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, it } from 'vitest'
import { openForReading } from '../db/store.ts'
import { type SmallEngine, startSmallEngine } from '../testing/small-engine.ts'
import { verifyChain } from './chain.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-kill-'))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A start costs seconds: more of them on a day when it is asked for. */
const kills = Number(process.env.ROADSTEAD_KILLS ?? 4)

interface Ready {
  origin: string
  cookie: string
  hostId: string
}

async function start(enginePort: number): Promise<Ready & { kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['server/testing/killed-server.ts', folder, String(enginePort)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  const exited = once(child, 'exit')
  const [line] = (await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line')) as [string]
  return {
    ...(JSON.parse(line) as Ready),
    async kill() {
      child.kill('SIGKILL')
      await exited
      children.delete(child)
    },
  }
}

/** From now on the engine answers no change; returns when it has been asked for a change since. */
async function holdOne(engine: SmallEngine): Promise<void> {
  engine.behaviour = 'hangChanges'
  const before = engine.asked.length
  await expect.poll(() => engine.asked.slice(before).some((line) => line.startsWith('POST'))).toBe(true)
}

it(
  'killed at any moment, the log has every change that was answered and every one that reached the engine',
  async () => {
    const engine = await startSmallEngine()
    engine.carriesOut = true
    engine.containers = [
      {
        Id: 'a'.repeat(64),
        Names: ['/web-1'],
        Image: 'web',
        ImageID: `sha256:${'b'.repeat(64)}`,
        State: 'running',
        Labels: {},
      },
    ]
    const answered: string[] = []
    for (let round = 0; round < kills; round++) {
      const server = await start(engine.port)
      const until = new AbortController()
      const first = Promise.withResolvers<void>()
      const change = async () => {
        while (!until.signal.aborted) {
          const path = `/api/hosts/${server.hostId}/containers/${'a'.repeat(64)}/stop`
          const headers = { cookie: server.cookie, origin: server.origin, 'content-type': 'application/json' }
          const answer = await fetch(server.origin + path, { method: 'POST', headers, body: '{}' }).catch(
            () => null,
          )
          const requestId = answer?.headers.get('x-request-id')
          if (requestId) answered.push(requestId)
          first.resolve()
        }
      }
      const load = [change(), change(), change(), change()]
      // At any moment from the start, and at any when it is well under way, however slow the machine is.
      if (round % 2 === 1) await first.promise
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150))
      // Once for certain while a change is at the engine: its answer is the longest of what lies between the two records.
      if (round === kills - 1) await holdOne(engine)
      until.abort()
      await server.kill()
      await Promise.all(load)
      engine.behaviour = 'answer'
    }
    // The last start tells what became of the last killed.
    const last = await start(engine.port)
    const reader = openForReading(folder)
    const database = new DatabaseSync(join(folder, 'roadstead.db'), { readOnly: true })
    expect(await verifyChain(reader)).toMatchObject({ broken: null })
    await reader.destroy()
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    const rows = (where: string) =>
      database
        .prepare(`select request_id as id from audit where action = 'containers.stop' and ${where}`)
        .all() as { id: string }[]
    const outcomes = new Set(rows("kind = 'outcome' and outcome <> 'unknown'").map(({ id }) => id))
    expect(answered.length).toBeGreaterThan(0)
    expect(answered.filter((id) => !outcomes.has(id))).toEqual([])
    const intents = rows("kind = 'intent'").length
    const reached = engine.asked.filter((line) => line.startsWith('POST') && line.includes('/stop')).length
    expect(reached).toBeGreaterThan(0)
    expect(reached).toBeLessThanOrEqual(intents)
    // No intent is left without an outcome, and none has two.
    expect(rows("kind = 'outcome'")).toHaveLength(intents)
    const { twice } = database
      .prepare(
        'select count(*) as twice from (select intent from audit where intent is not null group by intent having count(*) > 1)',
      )
      .get() as { twice: number }
    expect(twice).toBe(0)
    expect(rows("outcome = 'unknown'").length).toBeGreaterThan(0)
    const starts = database.prepare("select count(*) as n from audit where action = 'server.started'").get()
    expect(starts).toEqual({ n: kills + 1 })
    database.close()
    await last.kill()
    await engine.close()
  },
  120_000 + kills * 20_000,
)
