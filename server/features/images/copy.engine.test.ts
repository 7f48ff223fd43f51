import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labImages } from '#e2e/lab/images.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { addLabHosts, endedTask } from '../../testing/lab-hosts.ts'
import { pairOf, sampleOf } from '../../testing/whole-tables.ts'

const own = `copy-${randomUUID().slice(0, 8)}`
const engines = [
  'docker-ssh',
  'docker28-tcp',
  'podman-ssh',
  'podman5-tcp',
] as const satisfies readonly EngineName[]
let hosts: Map<EngineName, string>
const made: [EngineName, string][] = []
let test: AppUnderTest

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  hosts = await addLabHosts(test, engines)
})
afterAll(async () => {
  await test.close()
  for (const [engine, name] of made) await witness(engine, ['rmi', '-f', name]).catch(() => {})
})

async function copied(from: EngineName, to: readonly EngineName[], references: string[]): Promise<Task> {
  const answer = await test.call('POST', '/api/images/copy', {
    references,
    sourceHostId: hosts.get(from),
    targetHostIds: to.map((name) => hosts.get(name)),
  })
  expect(answer).toMatchObject({ status: 200 })
  return endedTask(test, answer.json as Task)
}
const plain = (id: string) => id.replace('sha256:', '').trim()
const inspect = async (engine: EngineName, name: string) =>
  JSON.parse((await witness(engine, ['image', 'inspect', name])).stdout)[0] as {
    Id: string
    RepoTags: string[]
  }

/** An image that only this engine has: the busybox with a file of its own. */
async function makeImage(engine: EngineName, names: string[]): Promise<string> {
  const container = `${own}-${engine}-${randomUUID().slice(0, 4)}`
  await witness(engine, ['create', '--name', container, labImages.busybox, 'true'])
  const file = join(requireLab().folder, `${container}.txt`)
  writeFileSync(file, randomUUID())
  await witness(engine, ['cp', file, `${container}:/own`])
  await run('rm', [file])
  const [first, ...others] = names as [string, ...string[]]
  await witness(engine, ['commit', container, first])
  for (const other of others) await witness(engine, ['tag', first, other])
  await witness(engine, ['rm', container])
  for (const each of engines) for (const name of names) made.push([each, name])
  return plain((await inspect(engine, first)).Id)
}

/** The older ones are among those that it is copied to. */
const sources = sampleOf<EngineName>(['docker28-tcp', 'docker-ssh', 'podman5-tcp', 'podman-ssh'], 2)
describe.each(sources)('an image of %s', (from) => {
  const others = engines.filter((engine) => engine !== from)
  it('arrives on all others as the same, under all its names, and is there already the next time', async () => {
    const names = [`copy.example/${own}-${from}:1.0`, `copy.example/team/${own}-${from}:two`]
    const id = await makeImage(from, names)
    const task = await copied(from, others, names)
    expect(task.steps.map(({ error }) => error)).toEqual(others.map(() => null))
    expect(task).toMatchObject({ state: 'succeeded', params: { name: names[0], images: 2, count: 3 } })
    for (const [index, engine] of others.entries()) {
      expect(plain(String(task.steps[index]?.result?.imageId)), engine).toBe(id)
      expect(task.steps[index]?.result?.bytes).toBeGreaterThan(2_000_000)
      const image = await inspect(engine, names[1] as string)
      expect(plain(image.Id), engine).toBe(id)
      expect(image.RepoTags.toSorted(), engine).toEqual(names.toSorted())
      expect((await witness(engine, ['run', '--rm', names[0] as string, 'cat', '/own'])).stdout).toHaveLength(
        36,
      )
    }
    const again = await copied(from, others, names)
    expect(again.steps.map(({ result }) => result?.outcome)).toEqual(others.map(() => 'already'))
  })

  it('without a registry in its name, or without a name, arrives as what it is', async () => {
    const short = `${own}-${from}:short`
    // Podman's CLI names what it commits localhost/, which is a registry as any other.
    const podman = from.startsWith('podman')
    const full = podman ? `localhost/${short}` : `docker.io/library/${short}`
    const id = await makeImage(from, [podman ? full : short])
    const other = await makeImage(from, [`copy.example/${own}-${from}:gone`])
    const task = await copied(from, others, [podman ? full : short, `sha256:${other}`])
    expect(task.steps.map(({ error }) => error)).toEqual(others.map(() => null))
    for (const engine of others) {
      made.push([engine, full], [engine, other])
      const image = await inspect(engine, full)
      expect(plain(image.Id), engine).toBe(id)
      expect(image.RepoTags.map((name) => name.replace('docker.io/library/', ''))).toEqual([
        full.replace('docker.io/library/', ''),
      ])
      expect((await inspect(engine, other)).RepoTags ?? [], engine).toEqual([])
    }
  })
})

it('takes a name from the image that had it, and leaves that image', async () => {
  const name = `copy.example/${own}:moved`
  const old = await makeImage('podman5-tcp', [name])
  made.push(['podman5-tcp', old])
  const id = await makeImage('docker28-tcp', [name])
  await copied('docker28-tcp', ['podman5-tcp'], [name])
  expect(plain((await inspect('podman5-tcp', name)).Id)).toBe(id)
  expect((await inspect('podman5-tcp', old)).RepoTags).toEqual([])
})

it('says at which end something is wrong', async () => {
  const missing = await copied('docker-ssh', ['podman-ssh'], [`copy.example/${own}:none`])
  expect(missing.steps[0]?.error).toMatchObject({ code: 'image_not_found', hostId: hosts.get('docker-ssh') })
  const same = { sourceHostId: hosts.get('docker-ssh'), targetHostIds: [hosts.get('docker-ssh')] }
  const refused = async (body: object) =>
    ((await test.call('POST', '/api/images/copy', { ...same, ...body })).json as { error: { code: string } })
      .error.code
  expect(await refused({ references: [labImages.web1] })).toBe('task_empty')
  expect(await refused({ references: ['NO'] })).toBe('reference_invalid')
  expect(await refused({ references: [`x@sha256:${'a'.repeat(64)}`] })).toBe('reference_invalid')
})

describe.each(pairOf<EngineName>(engines, 'older Docker'))('saved from %s', (engine) => {
  const path = (query: string) => `${test.origin}/api/hosts/${hosts.get(engine)}/images/archive?${query}`
  const get = (query: string) => fetch(path(query), { headers: { cookie: test.cookie } })
  const file = join(requireLab().folder, `${own}-${engine}.tar`)
  afterAll(async () => {
    await run('rm', ['-f', file])
  })
  const rawConfig = async (kind: string, image: string) =>
    JSON.parse((await run('skopeo', ['inspect', '--config', `${kind}:${file}${image}`])).stdout) as object

  it('is a Docker archive that skopeo reads', async () => {
    const answer = await get(`reference=${labImages.web1}&reference=${labImages.web2}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toContain('filename="images-2.tar"')
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()))
    for (const image of [labImages.web1, labImages.web2])
      expect(await rawConfig('docker-archive', `:${image}`)).toMatchObject({ os: 'linux' })
  })

  it('is an OCI layout where the engine makes one', async () => {
    const answer = await get(`reference=${labImages.web1}&format=oci`)
    if (engine === 'docker-ssh') {
      expect(await answer.json()).toMatchObject({ error: { code: 'oci_layout_unsupported' } })
      return
    }
    expect(answer.headers.get('content-disposition')).toContain('filename="web-1.0.oci.tar"')
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()))
    expect(await rawConfig('oci-archive', '')).toMatchObject({ os: 'linux' })
    const two = await get(`reference=${labImages.web1}&reference=${labImages.web2}&format=oci`)
    expect(two.status).toBe(engine === 'docker28-tcp' ? 200 : 409)
    await two.body?.cancel()
  })

  it('is told when it is not there, before any byte', async () => {
    for (const format of ['docker', 'oci']) {
      const answer = await get(`reference=copy.example/${own}:none&format=${format}`)
      const expected =
        format === 'oci' && engine === 'docker-ssh' ? 'oci_layout_unsupported' : 'image_not_found'
      expect(await answer.json()).toMatchObject({ error: { code: expected } })
    }
  })
})
