import { expect, it } from 'vitest'
import { parseImageRef, qualifiedReference } from './image-ref.ts'

it.each([
  ['nginx', 'nginx', null],
  ['nginx:1.27', 'nginx', '1.27'],
  ['localhost:5000/app:x', 'localhost:5000/app', 'x'],
  ['registry.lab/a/b_c/d-e:V1.0', 'registry.lab/a/b_c/d-e', 'V1.0'],
  ['[::1]:5000/app', '[::1]:5000/app', null],
])('%s', (text, repository, tag) => {
  expect(parseImageRef(text)).toMatchObject({ repository, tag })
})

it.each([
  '',
  'Upper/Case',
  'a b',
  'a:',
  ':1',
  'a:-x',
  'a//b',
  'a@sha256:12',
  'a:1;rm',
  '../a',
  `a:${'x'.repeat(129)}`,
])('refuses %j', (text) => {
  expect(parseImageRef(text)).toBeNull()
})

it.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1', 'docker.io/library/busybox:1'],
  ['team/app', 'docker.io/team/app:latest'],
  ['docker.io/library/busybox:1', 'docker.io/library/busybox:1'],
  ['index.docker.io/library/busybox:1', 'docker.io/library/busybox:1'],
  ['localhost/app', 'localhost/app:latest'],
  ['registry.example:5000/app:2', 'registry.example:5000/app:2'],
  [`busybox@sha256:${'0'.repeat(64)}`, `docker.io/library/busybox@sha256:${'0'.repeat(64)}`],
  ['Bad Name', null],
])('%s written out is %s', (short, full) => expect(qualifiedReference(short)).toBe(full))
