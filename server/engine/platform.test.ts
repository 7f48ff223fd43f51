import { expect, it } from 'vitest'
import { isForPlatform, platformOf } from './platform.ts'

const amd64 = { Os: 'linux', Architecture: 'amd64' }
const armV7 = { Os: 'linux', Architecture: 'arm', Variant: 'v7' }

it.each([
  [amd64, 'linux/amd64', true],
  [amd64, 'linux/x86_64', true],
  [amd64, 'amd64', true],
  [amd64, 'linux', true],
  [amd64, 'linux/arm64', false],
  [amd64, 'arm64', false],
  [amd64, 'windows/amd64', false],
  [armV7, 'linux/arm/v7', true],
  [armV7, 'linux/arm', true],
  [armV7, 'linux/arm/v6', false],
  [{ Os: 'linux', Architecture: 'arm64' }, 'linux/arm64/v8', true],
])('an image for %j, asked for %s: %s', (image, asked, expected) => {
  expect(isForPlatform(image, asked)).toBe(expected)
})

it('a platform is told as it is asked for', () => {
  expect([platformOf(amd64), platformOf(armV7)]).toEqual(['linux/amd64', 'linux/arm/v7'])
})
