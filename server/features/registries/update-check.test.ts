import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import type { Image } from '#lib/contracts/images.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { compare, createUpdateCheck, digestsFor, imagesInUse } from './update-check.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const container = (image: string, imageId: string) => ({ image, imageId }) as Container
const image = (id: string, ...repoDigests: string[]) => ({ id, repoDigests }) as Image

describe('what is compared with the registries', () => {
  it('is each tag in use once for each image it means, with the digests of all hosts', () => {
    const found = imagesInUse(
      [
        container('app:1', digest('a')),
        container('app:1', digest('a')),
        container('app:1', digest('b')),
        container(`app@${digest('c')}`, digest('a')),
        container('0123456789ab', digest('a')),
        container(digest('a'), digest('a')),
        container('NOT A REFERENCE', digest('a')),
        container('gone:1', digest('d')),
      ],
      [image(digest('a'), 'app@sha256:1'), image(digest('a'), 'app@sha256:2'), image(digest('b'))],
    )
    expect(found).toEqual([
      { reference: 'app:1', imageId: digest('a'), repoDigests: ['app@sha256:1', 'app@sha256:2'] },
      { reference: 'app:1', imageId: digest('b'), repoDigests: [] },
      { reference: 'gone:1', imageId: digest('d'), repoDigests: [] },
    ])
  })

  it.each([
    ['busybox:1', [`docker.io/library/busybox@${digest('a')}`], [digest('a')]],
    ['docker.io/library/busybox:1', [`busybox@${digest('a')}`], [digest('a')]],
    ['registry.example/app:1', [`app@${digest('a')}`, `registry.example/app@${digest('b')}`], [digest('b')]],
    ['app:1', ['<none>@<none>', 'nonsense'], []],
    ['app:1', [], []],
  ])('%s came as %j', (reference, repoDigests, expected) => {
    expect(digestsFor(reference, repoDigests)).toEqual(expected)
  })
})

describe('an image is', () => {
  const table: [string, string, string[], Record<string, string | null>, string][] = [
    ['current', 'r.io/app:1', ['r.io/app@' + digest('a')], { 'r.io/app:1': digest('a') }, 'current'],
    ['newer', 'r.io/app:1', ['r.io/app@' + digest('a')], { 'r.io/app:1': digest('b') }, 'newer'],
    [
      'gone, where the registry has its digest only',
      'r.io/app:1',
      ['r.io/app@' + digest('c'), 'r.io/app@' + digest('a')],
      { ['r.io/app@' + digest('a')]: digest('a') },
      'gone',
    ],
    ['loaded, with a digest that Podman made', 'r.io/app:1', ['r.io/app@' + digest('a')], {}, 'local'],
    ['built by Docker', 'app:1', [], { 'app:1': digest('a') }, 'local'],
  ]
  it.each(table)('%s', async (_, reference, repoDigests, remote, state) => {
    const inUse = { reference, imageId: digest('1'), repoDigests }
    expect((await compare(inUse, async (asked) => remote[asked] ?? null)).state).toBe(state)
  })

  it('built by Podman: no registry is asked for localhost/', async () => {
    const inUse = {
      reference: 'localhost/app:1',
      imageId: digest('1'),
      repoDigests: [`localhost/app@${digest('a')}`],
    }
    const asked: string[] = []
    const found = await compare(inUse, async (reference) => {
      asked.push(reference)
      throw new AppError('connection_refused')
    })
    expect([found.state, found.error, asked]).toEqual(['local', null, []])
  })
})

describe('the check', () => {
  let app: AppUnderTest
  const stops: (() => void)[] = []
  beforeAll(async () => {
    app = await startApp()
  })
  afterEach(() => {
    for (const stop of stops.splice(0)) stop()
  })
  afterAll(() => app.close())

  const withFleet = async () => {
    const objects = {
      containers: [container('r.io/app:1', digest('1')), container('s.io/app:1', digest('1'))],
      images: [image(digest('1'), `r.io/app@${digest('a')}`, `s.io/app@${digest('a')}`)],
    }
    const fleet = { all: (kind: 'containers') => objects[kind] } as unknown as FleetState
    const asked: string[] = []
    const state = {
      answer: async (_reference: string): Promise<string | null> => digest('b'),
      changed: (_address: string) => {},
    }
    const check = await createUpdateCheck({
      db: app.app.db,
      fleet,
      registries: {
        remoteDigest(reference) {
          asked.push(reference)
          return state.answer(reference)
        },
        onChange(listener) {
          state.changed = listener
          return () => {}
        },
      },
    })
    stops.push(check.stop)
    const states = async () =>
      (await check.read({ container: () => true })).updates
        .map(({ reference, state }) => `${reference} ${state}`)
        .toSorted()
    return { check, objects, asked, state, states }
  }
  const refused = () =>
    Promise.reject(new AppError('registry_login_needed', { params: { registry: 'r.io' } }))

  it('forgets what no container runs any more', async () => {
    const { check, objects, states } = await withFleet()
    check.run()
    await expect.poll(states).toEqual(['r.io/app:1 newer', 's.io/app:1 newer'])
    objects.containers.pop()
    expect(await states()).toEqual(['r.io/app:1 newer'])
    // Made anew on another image.
    objects.containers[0] = container('r.io/app:1', digest('2'))
    expect(await states()).toEqual([])
  })

  it('asks a registry anew whose account changed, and no other', async () => {
    const { check, asked, state, states } = await withFleet()
    state.changed('r.io')
    expect(asked).toEqual([])
    state.answer = refused
    check.run()
    await expect.poll(states).toEqual(['r.io/app:1 failed', 's.io/app:1 failed'])
    asked.length = 0
    state.answer = async () => digest('b')
    state.changed('r.io')
    await expect.poll(states).toEqual(['r.io/app:1 newer', 's.io/app:1 failed'])
    expect(asked).toEqual(['r.io/app:1'])
  })

  it('counts what is in sight alone: that others wait is nobody else’s', async () => {
    const { check, state, states } = await withFleet()
    const releases: (() => void)[] = []
    state.answer = () => new Promise((resolve) => releases.push(() => resolve(digest('b'))))
    const remaining = async (seen: string) =>
      (await check.read({ container: (each) => (each as Container).image.startsWith(seen) })).remaining
    check.run()
    const counts = async () => Promise.all(['', 'r.io', 'none'].map(remaining))
    expect(await counts()).toEqual([2, 1, 0])
    await expect.poll(() => releases.length).toBe(2)
    releases.pop()?.()
    await expect.poll(counts).toEqual([1, 1, 0])
    releases.pop()?.()
    await expect.poll(states).toHaveLength(2)
    expect(await counts()).toEqual([0, 0, 0])
  })

  it('asks anew also when the account changed while it asked', async () => {
    const { check, state, states } = await withFleet()
    const releases: (() => void)[] = []
    state.answer = () =>
      new Promise((_, reject) => {
        releases.push(() => reject(new AppError('registry_login_needed', { params: { registry: 'r.io' } })))
      })
    check.run()
    state.changed('r.io')
    state.answer = async () => digest('b')
    for (const release of releases) release()
    await expect.poll(states).toEqual(['r.io/app:1 newer', 's.io/app:1 failed'])
  })
})
