import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { SpecAnswer } from '#lib/contracts/container-create.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type CuttingProxy, startCuttingProxy } from '../../testing/cutting-proxy.ts'
import { killServers, type ServerThatEnds, startServerThatEnds } from '../../testing/server-that-ends.ts'
import { mayMount, mountSmallDisk, type SmallDisk } from '../../testing/small-disk.ts'
import { wholeTables } from '../../testing/whole-tables.ts'

/** The call at which the fault falls. The engine has it; whether its answer comes through is the fault's. */
const steps = {
  rename: /^POST \S+\/rename/,
  create: /^POST \S+\/containers\/create/,
  stop: /^POST \S+\/stop/,
  start: /^POST \S+\/start/,
  remove: /^DELETE \S+\/containers\//,
}
type Step = keyof typeof steps
const faults = ['kill', 'term', 'drop', 'reset', 'full'] as const
type Fault = (typeof faults)[number]

/** All of them on both engines, or each step with one. */
const engines: EngineName[] = wholeTables ? ['docker28-tcp', 'podman5-tcp'] : ['docker28-tcp']
/** Whether the new one is called as the old one was, or otherwise. */
const names = ['same', 'other'] as const
type Fall = [step: Step, fault: Fault, name: (typeof names)[number]]
const few: Fall[] = [
  ['rename', 'full', 'same'],
  ['create', 'kill', 'same'],
  ['stop', 'term', 'same'],
  ['start', 'reset', 'other'],
  ['remove', 'reset', 'same'],
]
const table = wholeTables
  ? (Object.keys(steps) as Step[]).flatMap((step) =>
      faults.flatMap((fault) => names.map((name): Fall => [step, fault, name])),
    )
  : few

const id = randomUUID().slice(0, 6)
afterAll(killServers)

interface Row {
  Id: string
  Names: string[]
  State: string
}

describe.each(engines)('a recreate on %s', (name) => {
  const { localSocketPath: socketPath, transport } = labEngine(name)
  const prefix = `faults-${id}-${name}`
  let disk: SmallDisk | null = null
  let folder: string
  let proxy: CuttingProxy
  let server: ServerThatEnds

  const rows = async () => {
    const filters = encodeURIComponent(JSON.stringify({ name: [prefix] }))
    return engineCall<Row[]>(socketPath, 'GET', `/v1.41/containers/json?all=true&filters=${filters}`)
  }
  const start = () => startServerThatEnds(folder, proxy.port)
  /** Room that SQLite's journal keeps from earlier rows would be room on a full disk. */
  const emptyJournal = () => {
    const database = new DatabaseSync(join(folder, 'roadstead.db'))
    database.exec('PRAGMA busy_timeout = 5000')
    const told = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    database.close()
    return told?.busy
  }

  beforeAll(async () => {
    if (!('port' in transport)) throw new Error(`${name} is not on a TCP port`)
    if (mayMount) disk = mountSmallDisk(24)
    folder = join(disk?.folder ?? mkdtempSync(join(tmpdir(), 'roadstead-faults-')), 'data')
    mkdirSync(folder)
    proxy = await startCuttingProxy(transport)
    server = await start()
  })
  afterAll(async () => {
    server.child.kill('SIGKILL')
    await server.ended
    proxy.close()
    if (disk) disk.unmount()
    else rmSync(join(folder, '..'), { recursive: true })
    for (const { Id } of await rows())
      await engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}?force=true&v=true`)
  })

  it.for(table)(
    'that meets at %s the fault %s is finished or undone, under the %s name',
    async ([step, fault, underName], { skip }) => {
      skip(fault === 'full' && !disk, 'mounting a small disk takes root')
      const called = `${prefix}-${step}-${fault}-${underName}`
      const anew = underName === 'same' ? called : `${called}-anew`
      const path = `/v1.41/containers/create?name=${called}`
      // It does not heed SIGTERM: its stop takes as long as it may.
      const body = { Image: labImages.busybox, Cmd: ['sleep', '600'], StopTimeout: 2, Env: ['A=1'] }
      const old = (await engineCall<{ Id: string }>(socketPath, 'POST', path, body)).Id
      await engineCall(socketPath, 'POST', `/v1.41/containers/${old}/start`)
      const at = `/api/hosts/${server.hostId}/containers/${old}`
      const read = () => server.call<SpecAnswer>('GET', `${at}/spec`)
      await expect.poll(read).toBeTruthy()
      const { spec } = await read()
      if (fault === 'full') await expect.poll(emptyJournal).toBe(0)
      const met = new Promise<void>((resolve) =>
        proxy.at(steps[step], () => {
          if (fault === 'kill') server.child.kill('SIGKILL')
          if (fault === 'term') server.child.kill('SIGTERM')
          if (fault === 'drop' || fault === 'reset') proxy.fault(fault)
          if (fault === 'full') disk?.fill()
          resolve()
        }),
      )
      const changed = { spec: { ...spec, name: anew, env: [{ name: 'A', value: '2' }] }, pull: 'never' }
      const { id: taskId } = await server.call<Task>('POST', `${at}/recreate`, changed)
      const task = () => server.call<Task>('GET', `/api/tasks/${taskId}`)
      await met
      if (fault === 'kill' || fault === 'term') {
        await server.ended
        server = await start()
      }
      if (fault === 'drop' || fault === 'reset') {
        // In plain words: which container waits where, and for what.
        const said = async () => (await task()).steps[0]?.error?.message
        await expect
          .poll(said)
          .toMatch(step === 'remove' ? /looked after as soon/ : /-old-.* on engine\. It /)
        proxy.heal()
      }
      await expect.poll(async () => (await task()).state, { timeout: 90_000 }).not.toMatch(/queued|running/)
      if (fault === 'full') disk?.empty()
      const ended = await task()
      const isDone = ended.state === 'succeeded'
      const found = (await rows()).filter(({ Names }) => Names.some((one) => one.includes(called)))
      expect(found.map(({ Names, State }) => [Names, State])).toEqual([
        [[`/${isDone ? anew : called}`], 'running'],
      ])
      expect(found[0]?.Id).toBe(isDone ? ended.steps[0]?.result?.containerId : old)
      // What has no way back is finished, and what is cut before that is put back.
      expect([isDone, ended.steps[0]?.error?.code]).toEqual(
        step === 'remove' ? [true, undefined] : [false, expect.stringMatching(endOf[fault])],
      )
      await engineCall(socketPath, 'DELETE', `/v1.41/containers/${found[0]?.Id}?force=true`)
    },
  )
})

/** Why it was put back. */
const endOf: Record<Fault, RegExp> = {
  kill: /^change_put_back$/,
  term: /^change_put_back$/,
  full: /^data_folder_full$/,
  drop: /^(host_unresponsive|connection_reset|host_unreachable)$/,
  reset: /^(connection_reset|host_)/,
}
