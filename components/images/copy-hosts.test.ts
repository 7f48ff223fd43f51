import { expect, it } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Image } from '#lib/contracts/images.ts'
import { groupImages } from '#lib/images/groups.ts'
import { everywhere, lacking, referencesAt, sourcesOf, writesOci } from './copy-hosts.ts'

const host = (id: string, engine: [string, string] = ['docker', '28.5.2'], state = 'online') =>
  ({ id, state, engine: { flavour: engine[0], version: engine[1] } }) as Host
const image = (hostId: string, letter: string, tags: string[]) =>
  ({ hostId, id: `sha256:${letter.repeat(64)}`, tags, repoDigests: [] as string[], size: 1 }) as Image

const hosts = new Map(
  [host('one'), host('two'), host('three'), host('off', undefined, 'unreachable')].map((each) => [
    each.id,
    each,
  ]),
)
const images = [
  image('one', 'a', ['a:1', 'a:2']),
  image('two', 'a', ['a:1']),
  image('off', 'a', ['a:1']),
  image('one', 'b', []),
]
const groups = groupImages(images, [])

it('takes them from an online host that holds all, to online hosts that lack one', () => {
  expect(sourcesOf(groups, hosts).map(({ id }) => id)).toEqual(['one'])
  expect(lacking(groups, hosts)).toEqual(['two', 'three'])
  expect(lacking(groups.slice(0, 1), hosts)).toEqual(['three'])
})

it('names them as the source does, and by id what has no name', () => {
  expect(referencesAt('one', groups)).toEqual(['a:1', 'a:2', images[3]?.id])
  expect(referencesAt('two', groups)).toEqual(['a:1'])
})

it('knows of hosts out of scope that hold it', () => {
  const scoped = groupImages(images.slice(0, 1), [])
  expect(lacking(scoped, hosts)).toEqual(['two', 'three'])
  expect(lacking(everywhere(scoped, images), hosts)).toEqual(['three'])
  expect(everywhere(scoped, [])).toEqual(scoped)
})

it.each([
  ['docker', '20.10.24', 1, false],
  ['docker', '25.0.0', 2, true],
  ['podman', '4.3.1', 1, true],
  ['podman', '5.4.2', 2, false],
])('an OCI layout of %s %s with %i images', (flavour, version, count, fits) => {
  expect(writesOci(host('x', [flavour, version]), count)).toBe(fits)
})
