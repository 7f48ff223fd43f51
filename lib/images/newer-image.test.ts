import { expect, it } from 'vitest'
import type { Image } from '../contracts/images.ts'
import { imagesByTag, movedOn, updateStateOf } from './newer-image.ts'

const id = (letter: string) => `sha256:${letter.repeat(64)}`
const image = (hostId: string, letter: string, ...tags: string[]) =>
  ({ hostId, id: id(letter), tags, repoDigests: [`app@${id(letter)}`] }) as unknown as Image
const tags = imagesByTag([
  image('here', 'b', 'app:1', 'nginx:latest', 'docker.io/library/redis:7'),
  image('there', 'c', 'app:1'),
])

it.each([
  ['here', 'app:1', 'a', 'b'],
  ['here', 'app:1', 'b', undefined],
  ['there', 'app:1', 'b', 'c'],
  ['elsewhere', 'app:1', 'a', undefined],
  ['here', 'app:2', 'a', undefined],
  ['here', 'nginx', 'a', 'b'],
  ['here', 'docker.io/library/nginx:latest', 'a', 'b'],
  ['here', 'redis:7', 'a', 'b'],
  ['here', `app@${id('a')}`, 'a', undefined],
  ['here', id('a'), 'a', undefined],
])('on %s, %s run as %s means %s', (hostId, reference, letter, expected) => {
  const found = movedOn({ hostId, image: reference, imageId: id(letter) }, tags)
  expect(found?.id).toBe(expected && id(expected))
})

it.each([
  ['here', undefined, null, 'pulled'],
  ['here', 'local', null, 'pulled'],
  ['here', 'failed', null, 'pulled'],
  ['here', 'newer', 'b', 'pulled'],
  ['here', 'newer', 'd', 'newer'],
  ['elsewhere', 'newer', 'b', 'newer'],
  ['elsewhere', 'local', null, 'local'],
  ['elsewhere', undefined, null, undefined],
] as const)('on %s, told %s of %s, is %s', (hostId, state, remote, expected) => {
  const container = { hostId, image: 'app:1', imageId: id('a') }
  const update = state && { state, remoteDigest: remote && id(remote) }
  expect(updateStateOf(container, update, tags)).toBe(expected)
})
