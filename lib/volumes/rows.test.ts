import { expect, it } from 'vitest'
import type { Container } from '../contracts/containers.ts'
import type { Volume } from '../contracts/volumes.ts'
import { matchesVolume } from './filter.ts'
import { volumeRows } from './rows.ts'

const volume = (id: string, more: Partial<Volume> = {}): Volume => ({
  hostId: 'h1',
  id,
  driver: 'local',
  createdAt: null,
  labels: {},
  ...more,
})
const container = (name: string, more: Partial<Container>): Container =>
  ({ hostId: 'h1', id: name, name, state: 'running', stack: null, volumes: [], ...more }) as Container
const one = (given: Volume, ...containers: Container[]) => volumeRows([given], containers)[0]

it('a volume is used by the containers of its own host, running and not, by name', () => {
  const row = one(
    volume('data'),
    container('web', { volumes: ['data', 'logs'] }),
    container('old', { volumes: ['data'], state: 'exited' }),
    container('held', { volumes: ['data'], state: 'paused' }),
    container('elsewhere', { volumes: ['data'], hostId: 'h2' }),
    container('other', { volumes: ['data2'] }),
  )
  expect(row).toMatchObject({ key: 'h1/data', running: 2, isOpen: false })
  expect(row?.users.map(({ name }) => name)).toEqual(['held', 'old', 'web'])
})

it.each([
  [{ labels: { 'com.docker.compose.project': 'shop' } }, [], 'shop'],
  [{ labels: { 'io.podman.compose.project': 'shop' } }, ['blog'], 'shop'],
  [{}, ['shop', 'shop'], 'shop'],
  [{}, ['shop', 'blog'], null],
  [{}, ['shop', null], null],
  [{}, [], null],
])('is of the stack of its label, else of its users %j %j', (more, stacks, expected) => {
  const users = stacks.map((stack, index) => container(`c${index}`, { stack, volumes: ['data'] }))
  expect(one(volume('data', more), ...users)?.stack).toBe(expected)
})

it.each([
  ['a'.repeat(64), {}, true],
  ['data', { 'com.docker.volume.anonymous': '' }, true],
  ['a'.repeat(63), {}, false],
  ['data', {}, false],
])('%s %j is anonymous: %s', (id, labels, expected) => {
  expect(one(volume(id, { labels }))?.isAnonymous).toBe(expected)
})

it('where it is not known of a container what it has, nothing there is told as unused', () => {
  const row = one(volume('data'), container('new', { volumes: null }))
  expect(row?.isOpen).toBe(true)
  expect(matchesVolume('is:unused')(row as never, 'edge')).toBe(false)
  const elsewhere = one(volume('data'), container('new', { volumes: null, hostId: 'h2' }))
  expect(matchesVolume('is:unused')(elsewhere as never, 'edge')).toBe(true)
})

it.each([
  ['', true],
  ['DATA edge', true],
  ['data other', false],
  ['web', true],
  ['team=a', true],
  ['shop', true],
  ['is:used is:named', true],
  ['is:unused', false],
  ['is:running', true],
  ['is:anonymous', false],
  ['is:nonsense', false],
])('the filter %j', (filter, expected) => {
  const row = one(
    volume('data', { labels: { team: 'a' } }),
    container('web', { volumes: ['data'], stack: 'shop' }),
  )
  expect(matchesVolume(filter)(row as never, 'edge')).toBe(expected)
})
