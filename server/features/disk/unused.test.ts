import { describe, expect, it } from 'vitest'
import type { DiskUsage } from '../../engine/disk.ts'
import { diskOf, kindsInSight, sizeOf, usageInSight } from './unused.ts'

const id = (letter: string) => letter.repeat(64)
const usage = (more: Partial<DiskUsage> = {}): DiskUsage => ({
  layers: 0,
  images: [],
  containers: [],
  volumes: [],
  buildCache: null,
  ...more,
})
const container = (more: Partial<DiskUsage['containers'][number]> = {}) => ({
  id: id('c'),
  name: 'one',
  state: 'running',
  size: 10,
  imageId: 'sha256:a',
  volumes: [] as string[] | null,
  ...more,
})
const nothing = { networks: [], containers: [], names: new Map<string, string[]>() }
const image = { id: 'sha256:a', tags: ['x:1'], size: 100, shared: 40 }

describe('an image', () => {
  it.each([
    ['that nothing uses is unused', [], { heldBy: [] }],
    ['that only stopped ones use is held by them', [container({ state: 'exited' })], { heldBy: [id('c')] }],
    ['at work is not', [container({ state: 'exited', id: id('d') }), container()], undefined],
    ['of a paused one is not', [container({ state: 'paused' })], undefined],
  ])('%s', (_, containers, expected) => {
    const [found] = diskOf(usage({ images: [image], containers }), nothing).unused.images
    if (expected) expect(found).toMatchObject({ ...expected, size: 60, nameless: false })
    else expect(found).toBeUndefined()
  })

  it('is nameless without a tag, whatever names the engine cuts', () => {
    const names = new Map([['sha256:a', [] as string[]]])
    expect(diskOf(usage({ images: [image] }), { ...nothing, names }).unused.images[0]?.nameless).toBe(true)
  })
})

describe('a volume', () => {
  const volume = { name: 'data', size: 7, users: 1, isAnonymous: false }
  it('held by a stopped container goes only with it', () => {
    const containers = [container({ state: 'created', volumes: ['data'] })]
    expect(diskOf(usage({ volumes: [volume], containers }), nothing).unused.volumes).toMatchObject([
      { id: 'data', heldBy: [id('c')] },
    ])
  })
  it('whose users are not told is not offered', () => {
    const containers = [container({ state: 'exited', volumes: null })]
    expect(diskOf(usage({ volumes: [volume], containers }), nothing).unused.volumes).toEqual([])
  })
})

it('sizes: layers once where the engine adds them up, else at least what is known', () => {
  const two = [image, { ...image, id: 'sha256:b' }]
  expect(sizeOf(diskOf(usage({ images: two, layers: 160 }), nothing))).toBe(160)
  expect(sizeOf(diskOf(usage({ images: two }), nothing))).toBe(160)
  const cache = { count: 3, size: 30, reclaimable: 20 }
  const disk = diskOf(usage({ containers: [container()], buildCache: cache }), nothing)
  expect(sizeOf(disk)).toBe(40)
  expect(disk.unused.buildCache).toEqual([{ id: '', name: '', size: 20, nameless: true, heldBy: [] }])
})

describe('for who sees a part', () => {
  const mine = container({ state: 'exited', volumes: ['mine'] })
  const hidden = ['exited', 'running'].map((state, index) =>
    container({
      id: id('de'[index] as string),
      name: 'hidden',
      state,
      size: 5,
      volumes: ['data', 'mine'],
      imageId: `sha256:${'bd'[index]}`,
    }),
  )
  const volumes = (users: number) =>
    ['data', 'mine'].map((name) => ({ name, size: 7, users, isAnonymous: false }))
  const engine = (others: typeof hidden) =>
    usage({
      images: ['a', 'b', 'd'].map((one) => ({ ...image, id: `sha256:${one}`, tags: [`${one}:1`] })),
      containers: [mine, ...others],
      volumes: volumes(others.length + 1),
    })
  const see = (others: typeof hidden, objects = true) =>
    kindsInSight(
      diskOf(
        usageInSight(engine(others), (each) => each === mine.id),
        nothing,
      ),
      () => objects,
    )

  it('it is as it would be without what they do not see, in each figure and word', () => {
    expect(see(hidden)).toEqual(see([]))
    const { usage: told, unused } = see(hidden)
    expect(unused.containers.map(({ name }) => name)).toEqual(['one'])
    expect(unused.images.map(({ name, heldBy }) => [name, heldBy.length])).toEqual([
      ['a:1', 1] as const,
      ['b:1', 0] as const,
      ['d:1', 0] as const,
    ])
    expect(unused.volumes.map(({ name, heldBy }) => [name, heldBy.length])).toEqual([
      ['data', 0] as const,
      ['mine', 1] as const,
    ])
    expect(told.containers).toEqual({ count: 1, size: 10, reclaimable: 10 })
  })
  it('kinds out of sight are empty, and not told as nothing', () => {
    const { usage: told, unused } = see(hidden, false)
    expect([unused.images, unused.volumes, unused.networks, told.images, told.volumes]).toEqual([
      [],
      [],
      [],
      null,
      null,
    ])
  })
})

it('no network is offered where networks, or the containers in them, cannot be read', () => {
  const network = {
    hostId: 'h',
    id: 'n',
    name: 'net',
    driver: 'bridge',
    internal: false,
    createdAt: null,
    labels: {},
  }
  expect(diskOf(usage(), { ...nothing, networks: [network] }).unused.networks).toHaveLength(1)
  expect(diskOf(usage(), { ...nothing, networks: null }).unused.networks).toEqual([])
})
