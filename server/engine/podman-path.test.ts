import { expect, it } from 'vitest'
import { isPattern, plainPath, podmanPath } from './podman-path.ts'

it.each([
  ['/d/plain name', '/d/plain name'],
  ['/d/[id].js', '/d/\\[id].js'],
  ['/d/b\\x', '/d/b\\\\x'],
  ['/d/q?/[[]', '/d/q\\?/\\[\\[]'],
  ['/d/{a,b}', '/d/{a,b}'],
  ['/d/a*b', '/d/a[^\u0001-)+-\u{10ffff}]b'],
])('%s is the pattern %s', (path, pattern) => {
  expect(podmanPath(path)).toBe(pattern)
  expect(plainPath(pattern)).toBe(path)
  expect(isPattern(path)).toBe(path !== pattern)
})

it('leaves the mount that a path lies on as it is', () => {
  const mounts = ['/', '/v[1]', '/v[1]/deep?']
  expect(podmanPath('/v[1]/[x]', mounts)).toBe('/v[1]/\\[x]')
  expect(podmanPath('/v[1]/deep?/[x]', mounts)).toBe('/v[1]/deep?/\\[x]')
  expect(podmanPath('/v[1]x/[x]', ['/v[1]'])).toBe('/v\\[1]x/\\[x]')
})
