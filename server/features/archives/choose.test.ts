import { expect, it } from 'vitest'
import type { ArchiveContents, ArchiveImage } from '#lib/contracts/archives.ts'
import { chooseImages, type LoadOptions } from './choose.ts'

const image = (platform: string, names: string[] = [], id = platform): ArchiveImage => ({
  names,
  platform,
  configDigest: `sha256:${Buffer.from(id).toString('hex').padEnd(64, '0')}`,
  configPath: 'c',
  manifest: null,
  layers: [],
  createdAt: null,
})
const archive = (...images: ArchiveImage[]): ArchiveContents => ({
  kind: 'oci-layout',
  compression: 'none',
  unpackedSize: 1,
  entries: 1,
  images,
  remarks: [],
  remarkCount: 0,
})
const options = (given: Partial<LoadOptions> = {}): LoadOptions => ({
  names: 'keep',
  references: [],
  platform: 'linux/amd64',
  ...given,
})
const chosen = (contents: ArchiveContents, given?: Partial<LoadOptions>) =>
  chooseImages(contents, options(given)).map((choice) => [choice.image.platform, ...choice.names])

it.each<[string, string[], string]>([
  ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
  ['linux/arm64', ['linux/amd64', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm/v7', 'linux/arm/v8'], 'linux/arm/v7'],
  ['linux/arm/v6', ['linux/arm/v5', 'linux/arm/v7'], 'linux/arm/v5'],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
])('a host of %s gets of %j the image %s', (platform, offered, expected) => {
  const contents = archive(...offered.map((one) => image(one, ['a.example/x:1'])))
  expect(chosen(contents, { platform })).toEqual([[expected, 'a.example/x:1']])
})

it('a host for which there is none is told what there is', () => {
  const contents = archive(image('linux/arm64', ['a.example/x:1']), image('windows/amd64', ['a.example/x:1']))
  expect(() => chooseImages(contents, options())).toThrow(
    expect.objectContaining({
      code: 'archive_no_platform',
      context: { params: { platform: 'linux/amd64', have: 'linux/arm64, windows/amd64' } },
    }),
  )
})

it('several images each go for themselves, or one of them', () => {
  const contents = archive(
    image('linux/amd64', ['a.example/x:1'], 'x'),
    image('linux/amd64', ['a.example/y:1', 'b.example/y'], 'y'),
  )
  expect(chosen(contents)).toEqual([
    ['linux/amd64', 'a.example/x:1'],
    ['linux/amd64', 'a.example/y:1', 'b.example/y:latest'],
  ])
  expect(chosen(contents, { only: 'b.example/y' })).toHaveLength(1)
  expect(chosen(contents, { only: contents.images[0]?.configDigest as string })).toEqual([
    ['linux/amd64', 'a.example/x:1'],
  ])
  expect(() => chooseImages(contents, options({ only: 'c.example/z' }))).toThrow('archive_no_such_image')
  expect(() => chooseImages(contents, options({ names: 'rename', references: ['z'] }))).toThrow(
    'archive_several_images',
  )
})

it('names are added, or take the place of those in the archive, and mean the same on every engine', () => {
  const contents = archive(image('linux/amd64', ['busybox:1']))
  expect(chosen(contents)).toEqual([['linux/amd64', 'docker.io/library/busybox:1']])
  expect(chosen(contents, { names: 'add', references: ['a.example/b'] })).toEqual([
    ['linux/amd64', 'docker.io/library/busybox:1', 'a.example/b:latest'],
  ])
  expect(chosen(contents, { names: 'rename', references: ['team/b:2'] })).toEqual([
    ['linux/amd64', 'docker.io/team/b:2'],
  ])
  expect(() => chooseImages(contents, options({ names: 'rename', references: ['A B'] }))).toThrow(
    'reference_invalid',
  )
})

it('images without a name go all, for the host’s platform', () => {
  const contents = archive(image('linux/amd64', [], 'a'), image('linux/amd64', [], 'b'), image('linux/arm64'))
  expect(chosen(contents)).toEqual([['linux/amd64'], ['linux/amd64']])
})
