import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labRegistry, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { itAt } from '../../testing/it-at.ts'
import { addLabHosts, endedTask, labTransport } from '../../testing/lab-hosts.ts'
import { pushRandomImage, startSlowProxy } from '../../testing/slow-registry.ts'
import { pairOf } from '../../testing/whole-tables.ts'

const prefix = `transfer-${randomUUID().slice(0, 8)}`
const engines = pairOf<EngineName>(
  ['docker-ssh', 'docker28-tcp', 'podman-unix', 'podman5-tcp'],
  'older Podman',
)
let hosts: Map<EngineName, string>
const closed = () => `${labRegistry('private').address}/${prefix}/app:1`
const open = () => `${labRegistry('open').address}/${prefix}/app:1`
let test: AppUnderTest

beforeAll(async () => {
  const archive = `docker-archive:${join(requireLab().folder, 'images.tar')}`
  const { username, password } = labRegistry('private')
  const copy = ['copy', '--quiet', '--dest-tls-verify=false']
  await run('skopeo', [...copy, `${archive}:lab.internal/web:2.0`, `docker://${open()}`])
  const account = ['--dest-creds', `${username}:${password}`]
  await run('skopeo', [...copy, ...account, `${archive}:lab.internal/web:1.0`, `docker://${closed()}`])
  test = await startApp()
  await test.setUp()
  hosts = await addLabHosts(test, engines)
})
afterAll(async () => {
  await test.close()
  for (const engine of engines)
    await witness(engine, ['rmi', '-f', open(), closed(), `${open()}-pushed`]).catch(() => {})
})

async function ended(path: string, body: object): Promise<Task> {
  const answer = await test.call('POST', path, body)
  expect(answer).toMatchObject({ status: 200 })
  return endedTask(test, answer.json as Task)
}
const hostIds = () => [...hosts.values()]
const errors = (task: Task) => task.steps.map((step) => step.error?.code)

it('pulls on every engine at once, as the CLI sees it', async () => {
  const task = await ended('/api/images/pull', { reference: open(), hostIds: hostIds() })
  expect(task.steps.map(({ state, error }) => ({ state, error }))).toEqual(
    engines.map(() => ({ state: 'succeeded', error: null })),
  )
  for (const engine of engines) {
    const [image] = JSON.parse((await witness(engine, ['image', 'inspect', open()])).stdout)
    const step = task.steps.find(({ hostId }) => hostId === hosts.get(engine))
    expect(String(step?.result?.imageId).replace('sha256:', '')).toBe(image.Id.replace('sha256:', ''))
  }
})

it('says what is wrong, each engine in its own words', async () => {
  const nowhere = await ended('/api/images/pull', { reference: `${open()}-none`, hostIds: hostIds() })
  expect(errors(nowhere)).toEqual(engines.map(() => 'pull_not_found'))
  const denied = await ended('/api/images/pull', { reference: closed(), hostIds: hostIds() })
  // Docker 20.10 tries a registry that it was told to be insecure by plain HTTP in the end, and tells of that.
  expect(errors(denied)).toEqual(
    engines.map((engine) => (engine === 'docker-ssh' ? 'pull_failed' : 'pull_denied')),
  )
  expect((await test.call('POST', '/api/images/pull', { reference: 'NO', hostIds: hostIds() })).status).toBe(
    400,
  )
})

itAt(engines)('a push without an account is refused, and said to be', async (engine) => {
  const target = `${labRegistry('private').address}/${prefix}/${engine}:refused`
  await witness(engine, ['tag', 'lab.internal/web:1.0', target])
  const task = await ended('/api/images/push', { reference: target, hostId: hosts.get(engine) })
  await witness(engine, ['rmi', target])
  expect(errors(task)).toEqual(['push_denied'])
})

it('uses the account that is stored for a registry, and logs no host in', async () => {
  const { address, caPath, username, password } = labRegistry('private')
  const ca = readFileSync(caPath as string, 'utf8')
  expect((await test.call('POST', '/api/registries', { address, ca, username, password })).status).toBe(200)
  const task = await ended('/api/images/pull', { reference: closed(), hostIds: hostIds() })
  expect(errors(task)).toEqual(engines.map(() => undefined))
  for (const engine of engines) {
    await witness(engine, ['rmi', '-f', closed()])
    await expect(witness(engine, ['pull', closed()]), engine).rejects.toThrow()
  }
})

itAt(engines)('a push arrives whole, and is refused by a registry without the account', async (engine) => {
  const target = `${labRegistry('private').address}/${prefix}/${engine}:pushed`
  await witness(engine, ['tag', 'lab.internal/web:1.0', target])
  const task = await ended('/api/images/push', { reference: target, hostId: hosts.get(engine) })
  expect(task.steps[0]).toMatchObject({ state: 'succeeded', error: null })
  const { username, password } = labRegistry('private')
  const remote = await run('skopeo', [
    'inspect',
    '--tls-verify=false',
    '--creds',
    `${username}:${password}`,
    `docker://${target}`,
  ])
  const { Digest } = JSON.parse(remote.stdout) as { Digest: string }
  // Podman 4 tells no digest of a push.
  const told = task.steps[0]?.result?.digest
  if (told !== undefined) expect(told).toBe(Digest)
  await witness(engine, ['rmi', target])
  const missing = await ended('/api/images/push', { reference: target, hostId: hosts.get(engine) })
  expect(missing.steps[0]?.state).toBe('failed')
})

const hostIdOf = async (engine: EngineName) => {
  const listed = (await test.call('GET', '/api/hosts')).json as Host[]
  const known = listed.find(({ name }) => name === engine)
  if (known) return known.id
  const added = await test.call('POST', '/api/hosts', { name: engine, transport: labTransport(engine) })
  await expect
    .poll(async () =>
      ((await test.call('GET', '/api/hosts')).json as Host[]).every(({ state }) => state === 'online'),
    )
    .toBe(true)
  return (added.json as Host).id
}

itAt(['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'] as const)(
  'stops a pull that is cancelled: its connection to the registry ends, and no image appears',
  async (engine) => {
    const { address } = labRegistry('open')
    const reference = `${address}/${prefix}/${engine}:slow`
    await pushRandomImage(reference)
    const proxy = await startSlowProxy(engine, address)
    try {
      const started = await test.call('POST', '/api/images/pull', {
        reference,
        hostIds: [await hostIdOf(engine)],
      })
      const { id } = started.json as Task
      await expect.poll(() => proxy.waiting).toBeGreaterThan(0)
      const connections = proxy.waiting
      await test.call('POST', `/api/tasks/${id}/cancel`, {})
      await expect.poll(() => proxy.waiting).toBe(0)
      const task = () => test.app.tasks.get({ userId: '', role: 'administrator' } as never, id)
      await expect.poll(() => task().steps[0]?.state).toBe('cancelled')
      expect([task().state, connections]).toEqual(['cancelled', 1])
    } finally {
      await proxy.close()
    }
    expect((await witness(engine, ['images', '-q', reference])).stdout.trim()).toBe('')
    const whole = await ended('/api/images/pull', { reference, hostIds: [await hostIdOf(engine)] })
    expect(whole.state).toBe('succeeded')
    await witness(engine, ['rmi', reference])
  },
  60_000,
)
