import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages, makeImageArchive } from '#e2e/lab/images.ts'
import { type EngineName, labEngine, requireLab } from '#e2e/lab/state.ts'
import type { Archive } from '#lib/contracts/archives.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts'
import { labTransport } from '../testing/lab-hosts.ts'
import { killServers, type ServerThatEnds, startServerThatEnds } from '../testing/server-that-ends.ts'
import { wholeTables } from '../testing/whole-tables.ts'

/** All of them on both engines, or each kind once. */
const engines: EngineName[] = wholeTables ? ['docker28-tcp', 'podman5-tcp'] : ['docker28-tcp']
const source: EngineName = 'docker-unix'

const own = `cut-${randomUUID().slice(0, 6)}`
afterAll(killServers)

describe.each(engines)('what the server’s end has cut on %s', (name) => {
  const { localSocketPath: socketPath, transport } = labEngine(name)
  const prefix = `${own}-${name}`
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-cut-'))
  let proxy: CuttingProxy
  let server: ServerThatEnds
  let sourceId: string

  const start = () => startServerThatEnds(folder, proxy.port)
  const call = <T>(method: string, path: string, body?: object) =>
    engineCall<T>(socketPath, method, path, body)
  const made = async () => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`own=${prefix}`] }))
    return call<{ Id: string; Names: string[]; State: string }[]>(
      'GET',
      `/v1.41/containers/json?all=true&filters=${filters}`,
    )
  }
  const run = async (called: string) => {
    const body = { Image: labImages.busybox, Cmd: ['sleep', '600'], StopTimeout: 2, Labels: { own: prefix } }
    const { Id } = await call<{ Id: string }>('POST', `/v1.41/containers/create?name=${called}`, body)
    await call('POST', `/v1.41/containers/${Id}/start`)
    await expect
      .poll(async () => (await server.call<{ items: Container[] }>('GET', '/api/containers')).items)
      .toContainEqual(expect.objectContaining({ id: Id, state: 'running' }))
    return Id
  }
  const imageId = async (reference: string) =>
    call<{ Id: string }>('GET', `/v1.41/images/${reference}/json`).then(
      ({ Id }) => Id.replace('sha256:', ''),
      () => null,
    )
  /** The server ends when the engine has that request, and is started anew. Resolves with the task as it then ends. */
  const cutAt = async (
    request: RegExp,
    signal: NodeJS.Signals,
    begin: () => Promise<Task>,
  ): Promise<Task> => {
    const met = new Promise<void>((resolve) => {
      proxy.at(request, () => {
        server.child.kill(signal)
        resolve()
      })
    })
    const { id } = await begin()
    await met
    await server.ended
    server = await start()
    const task = () => server.call<Task>('GET', `/api/tasks/${id}`)
    await expect.poll(async () => (await task()).state, { timeout: 60_000 }).not.toMatch(/queued|running/)
    return task()
  }

  beforeAll(async () => {
    if (!('port' in transport)) throw new Error(`${name} is not on a TCP port`)
    proxy = await startCuttingProxy(transport)
    server = await start()
    const host = { name: 'source', transport: labTransport(source) }
    sourceId = (await server.call<Host>('POST', '/api/hosts', host)).id
  })
  afterAll(async () => {
    for (const { Id } of await made()) await call('DELETE', `/v1.41/containers/${Id}?force=true&v=true`)
    server.child.kill('SIGKILL')
    await server.ended
    proxy.close()
    rmSync(folder, { recursive: true })
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is told as the engine has it: of two containers the one that was being stopped at %s, and not the other',
    async (signal) => {
      const ids = [await run(`${prefix}-a-${signal}`), await run(`${prefix}-b-${signal}`)]
      const task = await cutAt(/^POST \S+\/stop/, signal, () => {
        const containers = ids.map((containerId) => ({ hostId: server.hostId, containerId }))
        return server.call('POST', '/api/bulk', { action: 'stop', containers, width: 1 })
      })
      expect([task.state, task.steps.map(({ state }) => state)]).toEqual([
        'interrupted',
        ['succeeded', 'skipped'],
      ])
      const states = new Map((await made()).map(({ Id, State }) => [Id, State]))
      expect(ids.map((id) => states.get(id))).toEqual(['exited', 'running'])
    },
  )

  it('is taken away again, a container without a name whose create was cut', async () => {
    const before = (await made()).length
    const spec = {
      image: labImages.busybox,
      command: ['sleep', '600'],
      labels: [{ name: 'own', value: prefix }],
    }
    const body = { spec, hostIds: [server.hostId], pull: 'never', start: true }
    const begin = () => server.call<Task>('POST', '/api/containers', body)
    const task = await cutAt(/^POST \S+\/containers\/create/, 'SIGKILL', begin)
    expect([task.state, task.steps[0]?.error?.code]).toEqual(['failed', 'change_put_back'])
    expect(await made()).toHaveLength(before)
    await server.call('POST', `/api/tasks/${task.id}/retry`, {})
    const state = async () => (await server.call<Task>('GET', `/api/tasks/${task.id}`)).state
    await expect.poll(state).toBe('succeeded')
    expect(await made()).toHaveLength(before + 1)
  })

  it.each([
    ['images\\/load', 'before its image has come'],
    ['images\\/\\S+\\/tag', 'before its image has its name'],
  ])('is told by what is there: a copy that is cut at %s, %s', async (at) => {
    const repository = `cut.example/${prefix}-${at.length}`
    const from = labEngine(source).localSocketPath
    const create = { Image: labImages.busybox, Cmd: ['true'] }
    const { Id } = await engineCall<{ Id: string }>(from, 'POST', '/v1.41/containers/create', create)
    const changes = encodeURIComponent(`LABEL own=${repository}`)
    const commit = `/v1.41/commit?container=${Id}&repo=${repository}&tag=1&changes=${changes}`
    await engineCall(from, 'POST', commit, {})
    await engineCall(from, 'DELETE', `/v1.41/containers/${Id}`)
    const reference = `${repository}:1`
    try {
      const task = await cutAt(new RegExp(`^POST \\S+\\/${at}`), 'SIGKILL', () =>
        server.call('POST', '/api/images/copy', {
          references: [reference],
          sourceHostId: sourceId,
          targetHostIds: [server.hostId],
        }),
      )
      const there = await imageId(reference)
      const [step] = task.steps
      expect(there !== null).toBe(step?.state === 'succeeded')
      // What came without its name is named in words.
      if (step?.state === 'failed') expect(step.error?.code).toMatch(/^(step_not_done|images_unfinished)$/)
      if (step?.error?.code === 'step_not_done') {
        const dangling = encodeURIComponent(JSON.stringify({ label: [`own=${repository}`] }))
        expect(await call('GET', `/v1.41/images/json?filters=${dangling}`)).toEqual([])
      }
      if (task.state !== 'succeeded') await server.call('POST', `/api/tasks/${task.id}/retry`, {})
      const state = async () => (await server.call<Task>('GET', `/api/tasks/${task.id}`)).state
      await expect.poll(state).toBe('succeeded')
      expect(await imageId(reference)).not.toBeNull()
    } finally {
      await engineCall(from, 'DELETE', `/v1.41/images/${reference}?force=true`)
      if (await imageId(reference)) await call('DELETE', `/v1.41/images/${reference}?force=true`)
    }
  })

  it('is told by what is there: a load', async () => {
    const reference = `cut.example/${prefix}-load:1`
    const bytes = readFileSync(await makeImageArchive(requireLab().folder))
    const archive = await server.call<Archive>('PUT', `/api/archives/upload?name=${prefix}.tar`, bytes)
    const load = { archiveId: archive.id, names: 'rename', references: [reference], only: labImages.busybox }
    const task = await cutAt(/^POST \S+\/images\/load/, 'SIGKILL', () =>
      server.call('POST', '/api/archives/load', { ...load, hostIds: [server.hostId] }),
    )
    const isThere = (await imageId(reference)) !== null
    expect(task.steps[0]?.state).toBe(isThere ? 'succeeded' : 'failed')
    if (!isThere) expect(task.steps[0]?.error?.code).toMatch(/^(step_not_done|images_unfinished)$/)
    if (isThere) await call('DELETE', `/v1.41/images/${reference}`)
  })
})
