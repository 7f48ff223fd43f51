import { randomBytes, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labImages } from '#e2e/lab/images.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import { AppError } from '../errors.ts'
import { itAt } from '../testing/it-at.ts'
import { connectPatiently, labSpec } from '../testing/lab-transport.ts'
import { pairOf, wholeTables } from '../testing/whole-tables.ts'
import { openTransport } from '../transport/index.ts'
import { createEngineClient } from './client.ts'

const names = [
  ...(wholeTables ? (['docker-tls'] as const) : []),
  ...pairOf<EngineName>(['docker-ssh', 'docker28-tcp', 'podman-unix', 'podman5-tcp'], 'older Docker'),
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

function openEngine(name: EngineName) {
  const own = `load.example/${randomUUID().slice(0, 8)}`
  const transport = openTransport(labSpec(labEngine(name)))
  const client = createEngineClient(transport)
  const idOf = async (reference: string) => (await client.images.inspect(reference)).Id as string
  return { name, own, transport, client, idOf }
}
const engines = names.map(openEngine)
const itAtEach = itAt(engines)

describe('archives of images', () => {
  beforeAll(async () => {
    await Promise.all(engines.map(({ client }) => connectPatiently(client)))
  })
  afterAll(async () => {
    await Promise.all(
      engines.map(async ({ name, own, transport }) => {
        for (const tag of ['a:1', 'b:2', 'imported:one'])
          await witness(name, ['rmi', '-f', `${own}/${tag}`]).catch(() => {})
        await transport.close()
      }),
    )
  })

  itAtEach('go out and come in again under their names', async ({ name, own, client, idOf }) => {
    await witness(name, ['tag', labImages.web1, `${own}/a:1`])
    await witness(name, ['tag', labImages.web2, `${own}/b:2`])
    const wanted = await Promise.all([`${own}/a:1`, `${own}/b:2`].map(idOf))
    const chunks: Buffer[] = []
    for await (const chunk of await client.images.save([`${own}/a:1`, `${own}/b:2`], never))
      chunks.push(chunk)
    await witness(name, ['rmi', `${own}/a:1`, `${own}/b:2`])
    const tar = async function* () {
      yield* chunks
    }
    const { loaded } = await client.images.load(tar(), { signal: never })
    expect(loaded.toSorted()).toEqual([`${own}/a:1`, `${own}/b:2`])
    expect(await Promise.all(loaded.toSorted().map(idOf))).toEqual(wanted)
  })

  itAtEach('name each tag of the lab’s own archive', async ({ client }) => {
    const { loaded } = await client.images.load(createReadStream(archive()), { signal: never })
    expect(loaded.toSorted()).toEqual([...Object.values(labImages), 'lab.internal/web:latest'].toSorted())
  })

  itAtEach('by id bear no name and are told by id', async ({ client, idOf }) => {
    const id = await idOf(labImages.web2)
    const { loaded } = await client.images.load(await client.images.save([id], never), { signal: never })
    expect(loaded.map((one) => one.replace('sha256:', ''))).toEqual([id.replace('sha256:', '')])
  })

  itAtEach('that are not there are told before the first byte', async ({ own, client }) => {
    expect(await code(client.images.save([`${own}/none:1`], never))).toBe('image_not_found')
    expect(await code(client.images.save([labImages.busybox, `${own}/none:1`], never))).toBe(
      'image_not_found',
    )
  })

  itAtEach('that are none, or cut, are refused in the engine’s words', async ({ client }) => {
    const cut = createReadStream(archive(), { end: 700_000 })
    const error = await client.images.load(cut, { signal: never }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'load_failed' })
    expect(error.context.detail).not.toBe('')
    const text = async function* () {
      yield Buffer.from('no tar at all')
    }
    expect(await code(client.images.load(text(), { signal: never }))).toBe('load_failed')
  })

  itAtEach(
    'that fail while they are read throw what they threw, and nothing is loaded',
    async ({ client }) => {
      const failing = async function* () {
        yield* createReadStream(archive(), { end: 300_000 })
        throw new AppError('archive_invalid', { detail: 'found on the way' })
      }
      expect(await code(client.images.load(failing(), { signal: never }))).toBe('archive_invalid')
      const plain = async function* () {
        yield Buffer.alloc(512)
        throw new Error('mine')
      }
      expect(await code(client.images.load(plain(), { signal: never }))).toBe('mine')
    },
  )

  itAtEach('are cut with the connection', async ({ name }) => {
    const other = openTransport(labSpec(labEngine(name)))
    const cutClient = createEngineClient(other)
    await connectPatiently(cutClient)
    const stalled = async function* () {
      yield* createReadStream(archive(), { end: 300_000 })
      setTimeout(() => void other.close(), 50)
      await new Promise((resolve) => setTimeout(resolve, 500))
      yield Buffer.alloc(512)
    }
    expect(await code(cutClient.images.load(stalled(), { signal: never }))).toBe('connection_reset')
  })

  itAtEach('are given up by a signal', async ({ client }) => {
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
    expect(await client.images.load(slow(), { signal: abort.signal }).catch((thrown) => thrown)).toBe(reason)
    await expect.poll(() => ended).toBe(true)
  })

  itAtEach('become an image of a root file system', async ({ name, own, client }) => {
    const folder = join(requireLab().folder, `import-${randomUUID()}`)
    await run('mkdir', ['-p', join(folder, 'etc')])
    await run('cp', ['/bin/busybox', join(folder, 'etc/motd')])
    await run('tar', ['-C', folder, '-cf', `${folder}.tar`, '.'])
    const { id } = await client.images.import(createReadStream(`${folder}.tar`), {
      reference: `${own}/imported:one`,
      changes: ['CMD ["/etc/motd", "sh"]', 'ENV A=b'],
      message: 'from a test',
      signal: never,
    })
    await run('rm', ['-rf', folder, `${folder}.tar`])
    const [image] = JSON.parse((await witness(name, ['image', 'inspect', `${own}/imported:one`])).stdout)
    expect(image.Id.replace('sha256:', '')).toBe(id.replace('sha256:', ''))
    expect(image.Config).toMatchObject({ Cmd: ['/etc/motd', 'sh'] })
    expect(image.Config.Env).toContain('A=b')
    expect(image.Comment).toBe('from a test')
    const wrong = { reference: 'NO', changes: [], signal: never }
    expect(await code(client.images.import(createReadStream(archive()), wrong))).toBe('reference_invalid')
  })

  // One after the other: who sends at four of them comes to read the answer only after the hang-up.
  it.each(engines)(
    'that are refused early by $name are told by the engine’s answer and not by the hang-up',
    async ({ client }) => {
      expect(await code(client.images.load(noise(), { signal: never }))).toBe('load_failed')
    },
  )
})
