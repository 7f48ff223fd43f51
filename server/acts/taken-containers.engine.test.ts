import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, it } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { AuditPage } from '#lib/contracts/audit.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { type ByDoor, byDashboard, byGateway, type Visitor, visitor } from '../testing/two-doors.ts'
import { sampleOf } from '../testing/whole-tables.ts'

/** One of each kind first, which `npm test` takes. */
const engines = sampleOf(['docker28-tcp', 'docker-unix', 'podman5-tcp', 'podman-unix'] as const, 2)
const mark = `taken-${randomUUID().slice(0, 8)}`
let test: AppUnderTest
let who: Visitor
let hosts: Map<EngineName, string>

const direct = <T>(engine: EngineName, method: string, path: string, body?: object) =>
  engineCall<T>(labEngine(engine).localSocketPath, method, path, body)
const isPodman = (engine: EngineName) => engine.startsWith('podman')

async function make(engine: EngineName, name: string, image: string, host: object = { NetworkMode: 'none' }) {
  const body = { Image: image, Cmd: ['sleep', '600'], HostConfig: host }
  return (await direct<{ Id: string }>(engine, 'POST', `/v1.41/containers/create?name=${mark}-${name}`, body))
    .Id
}

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  hosts = await addLabHosts(test, engines)
  who = await visitor(test, test)
})
afterAll(async () => {
  await test?.close()
  for (const engine of engines) {
    const remove = (path: string) =>
      engineRequest(labEngine(engine).localSocketPath, 'DELETE', path).catch(() => {})
    const left = await direct<{ Id: string; Names: string[] }[]>(
      engine,
      'GET',
      '/v1.41/containers/json?all=1',
    )
    for (const { Id, Names } of left) if (Names[0]?.startsWith(`/${mark}`)) await removeContainer(engine, Id)
    for (const name of ['page', 'compat', 'libpod', 'several']) await remove(`/v1.41/images/${imageOf(name)}`)
    if (isPodman(engine)) await remove(`/v4.0.0/libpod/pods/${mark}-of-pod?force=true`)
    await remove(`/v1.41/networks/${mark}-of-net`)
    await remove(`/v1.41/volumes/${mark}-of-vol`)
  }
})

const imageOf = (name: string) => `lab.internal/${mark}-of-${name}:1`

it.concurrent.for(engines)(
  '%s: the audit log names the containers that a forced removal took, at both doors, and no other one',
  { timeout: 300_000 },
  async (engine, { expect }) => {
    const hostId = hosts.get(engine) ?? ''
    const exists = async (id: string) =>
      (await engineRequest(labEngine(engine).localSocketPath, 'GET', `/v1.41/containers/${id}/json`))
        .status === 200
    const outcome = async (text: string) => {
      const { items } = (await test.call('GET', `/api/audit?text=${text}`)).json as AuditPage
      return items.flatMap((item) => (item.hostId === hostId ? (item.result?.summary ?? []) : []))
    }
    /** @param name of a container that the removal takes, and of what it is of */
    const removed = async (name: string, id: string, asked: Omit<ByDoor, 'act'>) => {
      // Somebody else's, which goes at the same time.
      const other = await make(engine, `other-${name}`, labImages.busybox)
      const removal = asked.dashboard
        ? byDashboard(test, who, asked.dashboard)
        : byGateway(test, who, hostId, asked.gateway ?? ['GET', ''])
      await direct(engine, 'DELETE', `/v1.41/containers/${other}`)
      expect([name, await removal]).toEqual([name, 'allowed'])
      expect([name, await exists(id)]).toEqual([name, !isPodman(engine)])
      // The outcome is written behind the answer.
      const told = expect.poll(() => outcome(`${mark}-of-${name}`))
      if (isPodman(engine))
        await told.toEqual([expect.stringMatching(new RegExp(`containers gone with it: ${mark}-${name}$`))])
      else await told.toEqual([expect.not.stringContaining('gone')])
    }

    const base = await make(engine, 'base', labImages.busybox)
    const ofImage = async (name: string, path: ((image: string) => string) | null) => {
      const reference = imageOf(name)
      const query = `container=${base}&repo=${reference.replace(':1', '')}&tag=1&pause=false&comment=${name}`
      const { Id } = await direct<{ Id: string }>(engine, 'POST', `/v1.41/commit?${query}`, {})
      const id = await make(engine, name, reference)
      if (path) return removed(name, id, { gateway: ['DELETE', path(reference)] })
      const image = `sha256:${Id.replace('sha256:', '')}`
      await expect.poll(() => test.app.live.fleet.get('images', hostId, image)?.tags).toContain(reference)
      await removed(name, id, { dashboard: ['DELETE', `/api/hosts/${hostId}/images/${image}?force=true`] })
    }
    await ofImage('page', null)
    await ofImage('compat', (image) => `/images/${image}?force=1`)
    if (!isPodman(engine)) return
    await ofImage('libpod', (image) => `/libpod/images/${image}?force=true`)
    await ofImage('several', (image) => `/libpod/images/remove?images=${image}&force=true`)

    const of = `${mark}-of`
    await direct(engine, 'POST', '/v1.41/networks/create', { Name: `${of}-net` })
    const wired = await make(engine, 'net', labImages.busybox, { NetworkMode: `${of}-net` })
    await removed('net', wired, { gateway: ['DELETE', `/libpod/networks/${of}-net?force=true`] })

    await direct(engine, 'POST', '/v1.41/volumes/create', { Name: `${of}-vol` })
    const binds = { NetworkMode: 'none', Binds: [`${of}-vol:/data`] }
    const stored = await make(engine, 'vol', labImages.busybox, binds)
    await removed('vol', stored, { gateway: ['DELETE', `/libpod/volumes/${of}-vol?force=true`] })

    const libpod = (path: string, body: object) =>
      direct<{ Id: string }>(engine, 'POST', `/v4.0.0/libpod${path}`, body)
    await libpod('/pods/create', { name: `${of}-pod`, no_infra: true })
    const command = ['sleep', '600']
    const inPod = { name: `${mark}-pod`, pod: `${of}-pod`, image: labImages.busybox, command }
    const { Id } = await libpod('/containers/create', inPod)
    await removed('pod', Id, { gateway: ['DELETE', `/libpod/pods/${of}-pod?force=true`] })
  },
)
