import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine, labRegistry } from '#e2e/lab/state.ts'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import { type CutBench, type CutKindName, containersOf, cutKinds } from '../testing/cut-kinds.ts'
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts'
import { labTransport } from '../testing/lab-hosts.ts'
import { killServers, startServerThatEnds } from '../testing/server-that-ends.ts'
import { mayMount, mountSmallDisk, type SmallDisk } from '../testing/small-disk.ts'
import { wholeTables } from '../testing/whole-tables.ts'

/** All of them on both engines, or some on one. */
const engines: EngineName[] = wholeTables ? ['docker28-tcp', 'podman5-tcp'] : ['docker28-tcp']
const beside: EngineName = 'docker-unix'

const faults = ['kill', 'term', 'drop', 'reset', 'full'] as const
type Fault = (typeof faults)[number]
type Row = [kind: CutKindName, step: string, fault: Fault]

const few: Row[] = [
  ['bulk', 'stop', 'reset'],
  ['push', 'push', 'reset'],
  ['copy', 'load', 'full'],
  ['pull', 'pull', 'term'],
]
const whole = (Object.keys(cutKinds) as CutKindName[]).flatMap((kind) =>
  Object.keys(cutKinds[kind].steps).flatMap((step) => faults.map((fault): Row => [kind, step, fault])),
)

const own = `cuts-${randomUUID().slice(0, 6)}`
afterAll(killServers)

/** Said of a step that was done in part, with what is there and what is not. */
const inPart = /^(?:images_unfinished|prune_unfinished|push_not_arrived)$/

describe.each(engines)('whatever falls into a task on %s', (name) => {
  const { localSocketPath: socketPath, transport } = labEngine(name)
  const prefix = `${own}-${name}`
  let disk: SmallDisk | null = null
  let folder: string
  let proxy: CuttingProxy
  let bench: CutBench

  beforeAll(async () => {
    if (!('port' in transport)) throw new Error(`${name} is not on a TCP port`)
    // Archives leave half a gigabyte free for the rest of the data folder.
    if (mayMount) disk = mountSmallDisk(640)
    folder = join(disk?.folder ?? mkdtempSync(join(tmpdir(), 'roadstead-cuts-')), 'data')
    mkdirSync(folder)
    proxy = await startCuttingProxy(transport)
    const server = await startServerThatEnds(folder, proxy.port)
    const host = { name: 'beside', transport: labTransport(beside) }
    const besideId = (await server.call<Host>('POST', '/api/hosts', host)).id
    const { address, scheme } = labRegistry('open')
    await server.call('POST', '/api/registries', { address, scheme })
    const besideSocketPath = labEngine(beside).localSocketPath
    bench = { server, socketPath, besideId, besideSocketPath, prefix }
  })
  afterAll(async () => {
    bench.server.child.kill('SIGKILL')
    await bench.server.ended
    proxy.close()
    for (const { Id } of await containersOf({ socketPath, prefix }))
      await engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}?force=true&v=true`)
    if (disk) disk.unmount()
    else rmSync(join(folder, '..'), { recursive: true })
  })

  const restarted = async () => {
    await bench.server.ended
    bench.server = await startServerThatEnds(folder, proxy.port)
  }
  /** What the audit log has last of each step that it has. */
  const logged = async ({ id, steps }: Task) => {
    const { items } = await bench.server.call<AuditPage>('GET', '/api/audit?limit=200')
    const ours = items.filter(({ taskId }) => taskId === id)
    return new Map(
      steps.map((step) => {
        const [last] = ours
          .filter(({ hostId }) => hostId === step.hostId)
          .toSorted((a, b) => b.sequence - a.sequence)
        return [step, last ? (last.result?.outcome ?? 'open') : 'none'] as const
      }),
    )
  }
  const saysTheSame: Partial<Record<TaskStep['state'], string>> = {
    succeeded: 'succeeded',
    failed: 'failed',
    unknown: 'unknown',
    skipped: 'none',
  }

  it.for(wholeTables ? whole : few)(
    'a %s at its %s, and it is %s: the task says what is there, and so does the audit log',
    async ([kind, step, fault], { skip }) => {
      skip(fault === 'full' && !disk, 'mounting a small disk takes root')
      const cut = await cutKinds[kind].prepare(bench, step)
      const request = (cutKinds[kind].steps as Record<string, RegExp>)[step] as RegExp
      // The rest is a moment's work: while this process writes, nothing passes through its proxy.
      if (fault === 'full') disk?.fill(8)
      const met = new Promise<void>((resolve) =>
        proxy.at(request, () => {
          if (fault === 'kill') bench.server.child.kill('SIGKILL')
          if (fault === 'term') bench.server.child.kill('SIGTERM')
          if (fault === 'drop' || fault === 'reset') proxy.fault(fault)
          if (fault === 'full') disk?.fill()
          resolve()
        }),
      )
      try {
        const { id } = await cut.begin()
        const task = () => bench.server.call<Task>('GET', `/api/tasks/${id}`)
        await met
        if (fault === 'kill' || fault === 'term') await restarted()
        if (fault === 'drop' || fault === 'reset') {
          // In plain words: what is waited for, and where.
          const waits = async () => (await task()).steps[0]?.error?.message ?? (await task()).state
          await expect.poll(waits).toMatch(/as soon as (?:engine|the host) answers/)
          proxy.heal()
        }
        await expect.poll(async () => (await task()).state, { timeout: 90_000 }).not.toMatch(/queued|running/)
        if (fault === 'full') disk?.empty()
        const ended = await task()
        await expect
          .poll(async () => [...(await logged(ended))].map(([{ state }, said]) => [state, said]))
          .toEqual(ended.steps.map(({ state }) => [state, saysTheSame[state]]))
        const [first] = ended.steps
        const code = first?.error?.code ?? null
        if (first?.state === 'succeeded') expect(await cut.done()).toBe(true)
        else if (first?.state === 'skipped') expect(await cut.done()).toBe(false)
        else {
          // An outcome that nobody can tell is for those that leave nothing to look at.
          expect([kind, first?.state, code]).toEqual([kind, 'failed', expect.any(String)])
          if (!inPart.test(String(code))) expect(await cut.done()).toBe(false)
          if (code === 'prune_unfinished') expect(first?.error?.params?.gone).toBe(await cut.parts?.())
        }
        for (const other of ended.steps.slice(1)) expect(other.state).toMatch(/^(succeeded|skipped|failed)$/)
        if (ended.state === 'succeeded') return
        await bench.server.call('POST', `/api/tasks/${id}/retry`, {})
        await expect.poll(async () => (await task()).state, { timeout: 60_000 }).not.toMatch(/queued|running/)
        const again = await task()
        expect([again.steps.map(({ error }) => error), again.state]).toEqual([
          again.steps.map(() => null),
          'succeeded',
        ])
        expect(await cut.done()).toBe(true)
      } finally {
        disk?.empty()
        await cut.clear()
      }
    },
  )
})
