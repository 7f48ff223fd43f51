import { describe, expect, it } from 'vitest'
import {
  compareVersions,
  containerState,
  healthState,
  imageId,
  instant,
  lastExitCode,
  negotiateApiVersion,
  normaliseEvent,
  ourApiRange,
  readStatusText,
} from './compat.ts'

describe('negotiateApiVersion', () => {
  it.each([
    ['Docker 20.10', '1.12', '1.41', '1.41'],
    ['Docker 28', '1.24', '1.51', '1.51'],
    ['Docker 29.0', '1.44', '1.52', ourApiRange.max],
    ['far newer, still reaching down', '1.44', '1.99', ourApiRange.max],
    ['Podman 4 and 5.4', '1.24', '1.41', '1.41'],
    ['the very floor', '1.12', '1.24', '1.24'],
  ])('%s', (_name, min, max, agreed) => {
    expect(negotiateApiVersion({ min, max })).toBe(agreed)
  })

  it.each([
    ['too old: below 1.24 start takes a HostConfig', '1.12', '1.23'],
    ['too new', '1.52', '1.60'],
  ])('%s', (_name, engineMin, engineMax) => {
    expect(() => negotiateApiVersion({ min: engineMin, max: engineMax })).toThrow(
      expect.objectContaining({
        code: 'api_version_unsupported',
        context: { params: { engineMin, engineMax, ourMin: ourApiRange.min, ourMax: ourApiRange.max } },
      }),
    )
  })

  it.each(['', 'abc', '1', '1.41/../../x', '1.41?a=', '1.41\r\nX: y', '1.41.0'])(
    'lets %j into no path',
    (max) => {
      expect(() => negotiateApiVersion({ min: '1.24', max })).toThrow(
        expect.objectContaining({ code: 'not_an_engine' }),
      )
    },
  )

  it('compares numbers, not text', () => {
    expect(compareVersions('1.9', '1.24')).toBeLessThan(0)
    expect(compareVersions('1.41', '1.41')).toBe(0)
    expect(compareVersions('2.0', '1.51')).toBeGreaterThan(0)
  })
})

describe('words', () => {
  it.each([
    ['created', 'created'],
    ['running', 'running'],
    ['paused', 'paused'],
    ['restarting', 'restarting'],
    ['removing', 'removing'],
    ['exited', 'exited'],
    ['dead', 'dead'],
    ['configured', 'created'],
    ['initialized', 'created'],
    ['stopped', 'exited'],
    ['stopping', 'running'],
    ['Running', 'running'],
    ['<script>', 'dead'],
  ])('state %s is %s', (word, state) => {
    expect(containerState(word)).toBe(state)
  })

  it.each([
    ['running', 'Up 26 minutes', 'none', null],
    ['running', 'Up 26 minutes (unhealthy)', 'unhealthy', null],
    ['running', 'Up 3 seconds (health: starting)', 'starting', null],
    ['running', 'Up 2 hours (healthy)', 'healthy', null],
    ['paused', 'Up 2 hours (Paused)', 'none', null],
    ['exited', 'Exited (3) About a minute ago', 'none', 3],
    ['exited', 'Exited (137) 2 days ago', 'none', 137],
    ['exited', 'Exited (-1) 2 days ago', 'none', -1],
    ['restarting', 'Restarting (1) 4 seconds ago', 'none', 1],
    ['created', 'Created', 'none', null],
    ['dead', 'Dead', 'none', null],
  ] as const)('%s, status %s', (state, status, health, exitCode) => {
    expect(readStatusText(status, state)).toEqual({ health, exitCode })
  })

  it.each([
    ['starting', 'starting'],
    ['healthy', 'healthy'],
    ['unhealthy', 'unhealthy'],
    ['', 'none'],
    ['none', 'none'],
    [undefined, 'none'],
  ])('health %s is %s', (word, health) => {
    expect(healthState(word, 'running')).toBe(health)
  })

  it.each(['created', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const)(
    'one that is %s is not healthy, whatever its last check said',
    (state) =>
      expect([healthState('healthy', state), healthState('unhealthy', state)]).toEqual(['none', 'none']),
  )

  it.each([
    ['exited', 5],
    ['dead', 5],
    ['restarting', 5],
    ['running', null],
    ['paused', null],
    ['created', null],
  ] as const)('the exit code of one that is %s is %s', (state, code) => {
    expect(lastExitCode(5, state)).toBe(code)
  })

  it.each([
    [1795218304, '2026-11-20T23:45:04Z'],
    ['2026-11-20T23:45:07.906497412Z', '2026-11-20T23:45:07Z'],
    ['2026-11-21T00:45:07+01:00', '2026-11-20T23:45:07Z'],
    ['0001-01-01T00:00:00Z', null],
    [-62135596800, null],
    [0, null],
    ['', null],
    ['yesterday', null],
    [undefined, null],
  ])('instant %s is %s', (value, text) => {
    expect(instant(value)).toBe(text)
  })

  it('puts the algorithm before an image id once', () => {
    expect(imageId('abc')).toBe('sha256:abc')
    expect(imageId('sha256:abc')).toBe('sha256:abc')
    expect(imageId('')).toBe('')
  })
})

describe('normaliseEvent', () => {
  const event = (Type: string, Action: string, more: object = {}) =>
    normaliseEvent({
      Type,
      Action,
      Actor: { ID: 'x', Attributes: { name: 'web' } },
      time: 1795219772,
      ...more,
    })

  it.each([
    ['container', 'died', 'die'],
    ['container', 'exited', 'die'],
    ['container', 'remove', 'destroy'],
    ['container', 'exec_died', 'exec_die'],
    ['container', 'destroy', 'destroy'],
    ['container', 'health_status: healthy', 'health_status'],
    ['container', 'exec_create: sh -c "a: b"', 'exec_create'],
    ['image', 'untag', 'untag'],
    ['network', 'connect', 'connect'],
    ['daemon', 'reload', 'reload'],
  ])('%s %s is %s', (type, action, name) => {
    expect(event(type, action)).toMatchObject({ type, action: name, id: 'x' })
  })

  it('keeps nanoseconds, and makes them of seconds', () => {
    expect(event('container', 'start', { timeNano: 1795219772787103489n })?.timeNano).toBe(
      1795219772787103489n,
    )
    expect(event('container', 'start')?.timeNano).toBe(1795219772000000000n)
  })

  it("names a volume of Podman's by its attribute", () => {
    expect(event('volume', 'create', { Actor: { ID: '', Attributes: { name: 'data' } } })?.id).toBe('data')
  })

  it.each([
    ['Docker, which names it', { ID: 'net', Attributes: { container: 'c1', name: 'n' } }, 'c1'],
    ['Podman 4, whose event is of it', { ID: 'c1', Attributes: { name: 'web', image: '' } }, 'c1'],
    ['Podman 5, which names the network too', { ID: 'c1', Attributes: { name: 'web', network: 'n' } }, 'c1'],
  ])('knows the container that was connected: %s', (_name, Actor, container) => {
    for (const action of ['connect', 'disconnect'])
      expect(event('network', action, { Actor })?.attributes.container).toBe(container)
    expect(event('network', 'create', { Actor: { ID: 'net', Attributes: {} } })?.attributes).toEqual({})
  })

  it.each([
    ['of plugins', { Type: 'plugin', Action: 'enable' }],
    ['of nothing', {}],
    ['without action', { Type: 'container' }],
    ['with an action that is no text', { Type: 'container', Action: 7 }],
    ['null', null],
    ['a number', 7],
  ])('leaves out what is %s', (_name, raw) => {
    expect(normaliseEvent(raw as Parameters<typeof normaliseEvent>[0])).toBeNull()
  })
})
