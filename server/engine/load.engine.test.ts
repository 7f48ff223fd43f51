import { randomBytes, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labImages } from '#e2e/lab/images.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import { AppError } from '../errors.ts'
import { labSpec } from '../testing/lab-transport.ts'
import { openTransport } from '../transport/index.ts'
import type { Transport } from '../transport/types.ts'
import { createEngineClient } from './client.ts'
import type { EngineClient } from './types.ts'

const engines: readonly EngineName[] = [
  'docker-ssh',
  'docker-tls',
  'docker28-tcp',
  'podman-unix',
  'podman5-tcp',
]
const archive = () => join(requireLab().folder, 'images.tar')
const never = new AbortController().signal
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    ({ code, message }) => code ?? message,
  )

/** No archive at all. Docker 20.10 reads it to its end before it says so; Docker 28 does not, and hangs up. */
async function* noise() {
  for (let sent = 0; sent < 512; sent++) yield randomBytes(64 * 1024)
}

describe.each(engines)('archives of images on %s', (name) => {
  const own = `load.example/${randomUUID().slice(0, 8)}`
  let transport: Transport
  let client: EngineClient
  beforeAll(async () => {
    transport = openTransport(labSpec(labEngine(name)))
    client = createEngineClient(transport)
    await client.connect()
  })
  afterAll(async () => {
    for (const tag of ['a:1', 'b:2', 'imported:one'])
      await witness(name, ['rmi', '-f', `${own}/${tag}`]).catch(() => {})
    await transport.close()
  })
  const idOf = async (reference: string) => (await client.inspectImage(reference)).Id as string

  it('go out and come in again under their names', async () => {
    await witness(name, ['tag', labImages.web1, `${own}/a:1`])
    await witness(name, ['tag', labImages.web2, `${own}/b:2`])
    const wanted = await Promise.all([`${own}/a:1`, `${own}/b:2`].map(idOf))
    const chunks: Buffer[] = []
    for await (const chunk of await client.saveImages([`${own}/a:1`, `${own}/b:2`], never)) chunks.push(chunk)
    await witness(name, ['rmi', `${own}/a:1`, `${own}/b:2`])
    const tar = async function* () {
      yield* chunks
    }
    const { loaded } = await client.loadImages(tar(), { signal: never })
    expect(loaded.toSorted()).toEqual([`${own}/a:1`, `${own}/b:2`])
    expect(await Promise.all(loaded.toSorted().map(idOf))).toEqual(wanted)
  })

  it('name each tag of the lab’s own archive', async () => {
    const { loaded } = await client.loadImages(createReadStream(archive()), { signal: never })
    expect(loaded.toSorted()).toEqual([...Object.values(labImages), 'lab.internal/web:latest'].toSorted())
  })

  it('by id bear no name and are told by id', async () => {
    const id = await idOf(labImages.web2)
    const { loaded } = await client.loadImages(await client.saveImages([id], never), { signal: never })
    expect(loaded.map((one) => one.replace('sha256:', ''))).toEqual([id.replace('sha256:', '')])
  })

  it('that are not there are told before the first byte', async () => {
    expect(await code(client.saveImages([`${own}/none:1`], never))).toBe('image_not_found')
    expect(await code(client.saveImages([labImages.busybox, `${own}/none:1`], never))).toBe('image_not_found')
  })

  it('that are none, or cut, are refused in the engine’s words', async () => {
    const cut = createReadStream(archive(), { end: 700_000 })
    const error = await client.loadImages(cut, { signal: never }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'load_failed' })
    expect(error.context.detail).not.toBe('')
    const text = async function* () {
      yield Buffer.from('no tar at all')
    }
    expect(await code(client.loadImages(text(), { signal: never }))).toBe('load_failed')
  })

  it('that fail while they are read throw what they threw, and nothing is loaded', async () => {
    const failing = async function* () {
      yield* createReadStream(archive(), { end: 300_000 })
      throw new AppError('archive_invalid', { detail: 'found on the way' })
    }
    expect(await code(client.loadImages(failing(), { signal: never }))).toBe('archive_invalid')
    const plain = async function* () {
      yield Buffer.alloc(512)
      throw new Error('mine')
    }
    expect(await code(client.loadImages(plain(), { signal: never }))).toBe('mine')
  })

  it('are cut with the connection', async () => {
    const other = openTransport(labSpec(labEngine(name)))
    const cutClient = createEngineClient(other)
    await cutClient.connect()
    const stalled = async function* () {
      yield* createReadStream(archive(), { end: 300_000 })
      setTimeout(() => void other.close(), 50)
      await new Promise((resolve) => setTimeout(resolve, 500))
      yield Buffer.alloc(512)
    }
    expect(await code(cutClient.loadImages(stalled(), { signal: never }))).toBe('connection_reset')
  })

  it('are given up by a signal', async () => {
    const reason = new AppError('task_cancelled')
    const abort = new AbortController()
    let ended = false
    const slow = async function* () {
      try {
        for await (const chunk of createReadStream(archive(), { highWaterMark: 1024 })) {
          yield chunk
          abort.abort(reason)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      } finally {
        ended = true
      }
    }
    expect(await client.loadImages(slow(), { signal: abort.signal }).catch((thrown) => thrown)).toBe(reason)
    await expect.poll(() => ended).toBe(true)
  })

  it('become an image of a root file system', async () => {
    const folder = join(requireLab().folder, `import-${randomUUID()}`)
    await run('mkdir', ['-p', join(folder, 'etc')])
    await run('cp', ['/bin/busybox', join(folder, 'etc/motd')])
    await run('tar', ['-C', folder, '-cf', `${folder}.tar`, '.'])
    const { id } = await client.importImage(createReadStream(`${folder}.tar`), {
      reference: `${own}/imported:one`,
      ...{ changes: ['CMD ["/etc/motd", "sh"]', 'ENV A=b'], message: 'from a test', signal: never },
    })
    await run('rm', ['-rf', folder, `${folder}.tar`])
    const [image] = JSON.parse((await witness(name, ['image', 'inspect', `${own}/imported:one`])).stdout)
    expect(image.Id.replace('sha256:', '')).toBe(id.replace('sha256:', ''))
    expect(image.Config).toMatchObject({ Cmd: ['/etc/motd', 'sh'] })
    expect(image.Config.Env).toContain('A=b')
    expect(image.Comment).toBe('from a test')
    const wrong = { reference: 'NO', changes: [], signal: never }
    expect(await code(client.importImage(createReadStream(archive()), wrong))).toBe('reference_invalid')
  })

  it('that are refused early are told by the engine’s answer and not by the hang-up', async () => {
    expect(await code(client.loadImages(noise(), { signal: never }))).toBe('load_failed')
  })
})
