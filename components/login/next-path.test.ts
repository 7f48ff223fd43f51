import { expect, it } from 'vitest'
import { nextPath } from './next-path.ts'

it.each([
  [null, '/'],
  ['', '/'],
  ['/containers?filter=state:running&scope=tag:prod', '/containers?filter=state:running&scope=tag:prod'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/\n/evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['containers', '/'],
])('%j leads to %j', (next, path) => {
  expect(nextPath(next)).toBe(path)
  // What the browser would make of it stays on our origin.
  expect(new URL(nextPath(next), 'https://roadstead.example').origin).toBe('https://roadstead.example')
})
