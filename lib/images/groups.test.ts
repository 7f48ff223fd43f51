import { expect, it } from 'vitest'
import type { Container } from '../contracts/containers.ts'
import type { Image } from '../contracts/images.ts'
import { groupImages } from './groups.ts'

const image = (hostId: string, id: string, tags: string[], repoDigests: string[] = []) =>
  ({
    hostId,
    id: `sha256:${id}`,
    tags,
    repoDigests,
    size: 10,
    createdAt: null,
    platforms: null,
  }) as unknown as Image
const container = (hostId: string, imageId: string) =>
  ({ hostId, imageId: `sha256:${imageId}` }) as unknown as Container

it('puts the same content of several hosts in one group, with all tags and users', () => {
  const groups = groupImages(
    [image('h1', 'a', ['x:1']), image('h2', 'a', ['x:1', 'x:latest']), image('h2', 'b', [])],
    [container('h1', 'a'), container('h2', 'a'), container('h1', 'b')],
  )
  expect(groups.map((group) => [group.id, group.tags, group.copies.length, group.usedBy.length])).toEqual([
    ['sha256:a', ['x:1', 'x:latest'], 2, 2],
    // A container of h1 does not use the image that only h2 holds.
    ['sha256:b', [], 1, 0],
  ])
})

it('recognises the manifest digest that the containerd store uses as id', () => {
  const groups = groupImages(
    [image('h1', 'config', ['x:1'], ['x@sha256:manifest']), image('h2', 'manifest', ['x:1'])],
    [],
  )
  expect(groups.map((group) => group.copies.map((copy) => copy.hostId))).toEqual([['h1', 'h2']])
})

it('tells of a manifest list what it is for, on whichever host, and of an image nothing', () => {
  const list = (hostId: string, platforms: string[]) => ({ ...image(hostId, 'a', ['x:1']), platforms })
  const groups = groupImages(
    [list('h1', ['linux/arm64']), list('h2', ['linux/amd64', 'linux/arm64']), image('h1', 'b', ['y:1'])],
    [],
  )
  expect(groups.map(({ platforms }) => platforms)).toEqual([['linux/amd64', 'linux/arm64'], null])
})
