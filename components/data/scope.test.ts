import { describe, expect, it } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import { formatScope, inScope, parseScope } from './scope.ts'

const [first, second] = ['h0123456789ab', 'hzzzzzzzzzzzz']
const host = (id: string, ...tags: string[]) => ({ id, tags }) as Host

describe('scope', () => {
  it.each([
    [null, { kind: 'all' }],
    ['', { kind: 'all' }],
    ['tag:', { kind: 'all' }],
    ['tag:prod', { kind: 'tag', tag: 'prod' }],
    ['tag:a:b', { kind: 'tag', tag: 'a:b' }],
    [first, { kind: 'hosts', hostIds: [first] }],
    [`${first},${second}`, { kind: 'hosts', hostIds: [first, second] }],
    [`nonsense,${second}`, { kind: 'hosts', hostIds: [second] }],
    ['<script>', { kind: 'all' }],
  ])('reads %j', (text, scope) => expect(parseScope(text)).toEqual(scope))

  it.each([null, 'tag:prod', `${first},${second}`])('writes %j as it was read', (text) =>
    expect(formatScope(parseScope(text))).toBe(text),
  )

  it('holds the hosts it names', () => {
    expect(inScope(parseScope(null), host(first))).toBe(true)
    expect(inScope(parseScope('tag:prod'), host(first, 'prod'))).toBe(true)
    expect(inScope(parseScope('tag:prod'), host(first, 'production'))).toBe(false)
    expect(inScope(parseScope(first), host(second))).toBe(false)
  })
})
