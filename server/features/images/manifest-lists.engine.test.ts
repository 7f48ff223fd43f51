import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine, labRegistry } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Disk } from '#lib/contracts/disk.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { addLabHosts, endedTask } from '../../testing/lab-hosts.ts'

const engines: readonly EngineName[] = ['podman-tcp', 'podman5-tcp']
const run = randomUUID().slice(0, 8)
const name = `${labRegistry('open').address}/lists-${run}:1`
const closed = `${labRegistry('private').address}/lists-${run}:1`
let test: AppUnderTest
let hosts: Map<EngineName, string>

beforeAll(async () => {
  for (const engine of engines) {
    const path = `/v4.0.0/libpod/manifests/${encodeURIComponent(name)}`
    const { localSocketPath } = labEngine(engine)
    await engineCall(localSocketPath, 'POST', path, {})
    const images = [`containers-storage:${labImages.busybox}`]
    await engineCall(localSocketPath, 'PUT', path, { operation: 'update', images })
  }
  test = await startApp()
  await test.setUp()
  hosts = await addLabHosts(test, engines)
})
afterAll(async () => {
  await test.close()
  for (const engine of engines)
    for (const each of [name, closed, `${name}-also`])
      await witness(engine, ['manifest', 'rm', each]).catch(() => {})
})

const listed = async () => ((await test.call('GET', '/api/images')).json as { items: Image[] }).items
const ended = async (path: string, body: object) =>
  endedTask(test, (await test.call('POST', path, body)).json as Task)

it.each(engines)('a manifest list of %s is a row of its own kind, with what it is for', async (engine) => {
  const hostId = hosts.get(engine) ?? ''
  const row = async () => {
    const all = await listed()
    const found = all.find((image) => image.hostId === hostId && image.tags.includes(name))
    if (!found) throw new Error('It is not listed.')
    return { ...found, path: `/api/hosts/${hostId}/images/${encodeURIComponent(found.id)}` }
  }
  await expect.poll(row).toMatchObject({ platforms: ['linux/amd64'] })
  const images = await listed()
  expect(images.find(({ tags }) => tags.includes(labImages.busybox))?.platforms).toBeNull()
  const { id, path } = await row()

  const detail = await test.call('GET', path)
  expect(detail.json).toMatchObject({ inspect: { manifests: [{ platform: { os: 'linux' } }] } })
  expect((await test.call('GET', `${path}/history`)).json).toEqual([])
  for (const reference of [id, name]) {
    const query = new URLSearchParams({ reference, format: 'docker' })
    const saved = await test.call('GET', `/api/hosts/${hostId}/images/archive?${query}`)
    expect(saved).toMatchObject({ status: 409, json: { error: { code: 'image_is_manifest_list' } } })
  }
  const { unused } = (await test.call('GET', `/api/hosts/${hostId}/disk`)).json as Disk
  expect(unused.images.map((each) => each.id)).not.toContain(id)

  for (const also of [`${name}-also`, closed])
    expect((await test.call('POST', `${path}/tag`, { reference: also })).status).toBeLessThan(300)
  const pushed = await ended('/api/images/push', { hostId, reference: name })
  expect(pushed.steps).toMatchObject([{ state: 'succeeded', error: null }])
  const accept =
    'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json'
  const [address, repository = ''] = name.split(/\/(.*):1$/)
  const remote = await fetch(`http://${address}/v2/${repository}/manifests/1`, { headers: { accept } })
  expect(await remote.json()).toMatchObject({ manifests: [{ platform: { architecture: 'amd64' } }] })
  const denied = await ended('/api/images/push', { hostId, reference: closed })
  expect(denied.steps).toMatchObject([{ state: 'failed', error: { code: 'push_denied' } }])

  expect((await test.call('DELETE', `${path}?reference=${encodeURIComponent(closed)}`)).json).toMatchObject({
    untagged: [closed],
    deleted: [],
  })
  expect((await row()).tags).toEqual([name, `${name}-also`])
  expect((await test.call('DELETE', path)).status).toBe(200)
  const left = await listed()
  expect(left.some((image) => image.hostId === hostId && image.id === id)).toBe(false)
  await witness(engine, ['image', 'inspect', labImages.busybox])
})
