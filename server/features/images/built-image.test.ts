import { expect, it } from 'vitest'
import { AppError } from '../../errors.ts'
import { checkBuilt } from './built-image.ts'

const { signal } = new AbortController()
const image = { Id: 'sha256:a1', Os: 'linux', Architecture: 'arm', Variant: 'v7' }
/** What it has, by reference. */
const having = (images: Record<string, object>) => ({
  images: {
    async inspect(reference: string) {
      const found = images[reference]
      if (!found) throw new AppError('image_not_found')
      return found as Record<string, unknown>
    },
  },
})
const tags = ['docker.io/library/a:1']
const all = { 'sha256:a1': image, 'docker.io/library/a:1': image }

it.each<[string, Record<string, object>, string | undefined, RegExp]>([
  ['that the engine does not have', {}, undefined, /no image sha256:a1/],
  [
    'whose tag names another',
    { ...all, [tags[0] as string]: { Id: 'sha256:b2' } },
    undefined,
    /a:1 names sha256:b2/,
  ],
  ['whose tag is not there', { 'sha256:a1': image }, undefined, /a:1 names no image/],
  ['of another platform', all, 'linux/amd64', /is for linux\/arm\/v7, not linux\/amd64/],
  ['of another variant', all, 'linux/arm/v6', /not linux\/arm\/v6/],
])('an image %s is no success', async (_name, images, platform, detail) => {
  const check = checkBuilt(having(images), 'sha256:a1', { tags, platform }, signal)
  await expect(check).rejects.toMatchObject({
    code: 'build_not_as_asked',
    context: { detail: expect.stringMatching(detail) },
  })
})

it.each(['linux/arm/v7', 'linux/arm', 'arm', 'linux/armhf'])(
  'is for %s, and has its tags',
  async (platform) => {
    await checkBuilt(having(all), 'sha256:a1', { tags, platform }, signal)
  },
)
