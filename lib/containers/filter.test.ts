import { describe, expect, it } from 'vitest'
import type { Container } from '../contracts/containers.ts'
import type { Host } from '../contracts/hosts.ts'
import { matchesFilter, parseContainerFilter, suggestFilter, whatExcludes } from './filter.ts'

const container = {
  hostId: 'h000000000001',
  id: 'abcdef123456',
  name: 'web-1',
  image: 'registry.lab:5000/shop/web:1.0',
  imageId: 'sha256:4eb200035826',
  state: 'running',
  health: 'unhealthy',
  stack: 'my shop',
  labels: { 'com.example.tier': 'Front' },
} as unknown as Container
const host = { id: 'h000000000001', name: 'Rack 1', tags: ['prod'] } as unknown as Host

describe('filter language', () => {
  it.each([
    ['', true],
    ['web', true],
    ['WEB', true],
    ['abcdef', true],
    ['bcdef', false],
    ['state:running', true],
    ['state:exited,running', true],
    ['-state:running', false],
    ['-state:exited web', true],
    ['host:"rack 1"', true],
    ['host:rack', false],
    ['tag:prod', true],
    ['health:unhealthy', true],
    ['image:shop/web', true],
    ['image:sha256:4eb2', true],
    ['image:4eb2', true],
    ['stack:"my shop"', true],
    ['stack:none', false],
    ['manager:none', true],
    ['-manager:systemd', true],
    ['label:com.example.tier', true],
    ['label:com.example.tier=front', true],
    ['label:com.example.tier=back', false],
    ['name~b-1', true],
    ['web:1.0', true],
    ['registry.lab:5000/shop', true],
  ])('%s: %s', (text, expected) => {
    const parsed = parseContainerFilter(text)
    if (!parsed.ok) throw new Error(parsed.problem.reason)
    expect(matchesFilter(parsed.terms, container, host)).toBe(expected)
  })

  it.each([
    ['stat:running', 'unknownField', 0, 12],
    ['web state:', 'emptyValue', 4, 10],
    ['a "open', 'openQuote', 2, 7],
    ['x stack:"my', 'openQuote', 2, 11],
  ])('%s is refused: %s', (text, reason, from, to) => {
    expect(parseContainerFilter(text)).toMatchObject({ ok: false, problem: { reason, from, to } })
  })

  it('suggests fields, then values, and quotes those with spaces', () => {
    const values = {
      host: ['Rack 1', 'rack-2'],
      tag: [],
      state: ['running', 'exited'],
      health: [],
      image: [],
      stack: [],
      manager: [],
      label: [],
      name: [],
    }
    expect(suggestFilter('st', 2, values).options).toEqual(['state:', 'stack:'])
    expect(suggestFilter('web host:rack', 13, values)).toEqual({
      replaceFrom: 9,
      options: ['"Rack 1"', 'rack-2'],
    })
    expect(suggestFilter('state:running,ex', 16, values)).toEqual({ replaceFrom: 14, options: ['exited'] })
  })
})

describe('why nothing matches', () => {
  const rows = ['web', 'web', 'db'].map(
    (name, index) =>
      ({
        hostId: index === 0 ? 'a' : 'b',
        id: `${index}`,
        name,
        image: 'x',
        labels: {},
        stack: null,
      }) as Container,
  )
  const hosts = new Map(['a', 'b'].map((id) => [id, { id, name: id, tags: [] as string[] } as Host]))
  it.each([
    ['', null],
    ['web', null],
    ['web host:a host:b', { word: 'host:a', without: 1 }],
    ['name:web name:nothing', { word: 'name:nothing', without: 2 }],
    ['name:no name:nothing', { word: 'name:no', without: 0 }],
  ])('%s', (text, expected) => {
    const parsed = parseContainerFilter(text)
    expect(parsed.ok && whatExcludes(text, parsed.terms, rows, hosts)).toEqual(expected)
  })
})
