import { describe, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import type { Image } from '#lib/contracts/images.ts'
import { digestsFor, imagesInUse } from './update-check.ts'

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
