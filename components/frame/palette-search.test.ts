import { describe, expect, it } from 'vitest'
import { findBest } from './palette-search.ts'

const names = (typed: string, items: { name: string; also?: string }[], limit = 10) =>
  findBest(items, typed, limit).map((item) => item.name)

describe('findBest', () => {
  const items = [
    { name: 'cobweb' },
    { name: 'shop-web-1' },
    { name: 'web-2' },
    { name: 'web' },
    { name: 'db', also: 'registry.local/web' },
    { name: 'cache' },
  ]
  it('ranks the whole name, its beginning, a word of it, its middle, then the rest', () =>
    expect(names('web', items)).toEqual(['web', 'web-2', 'shop-web-1', 'cobweb', 'db']))
  it('needs every word, in any case', () => expect(names('WEB shop', items)).toEqual(['shop-web-1']))
  it('finds nothing for what does not occur', () => expect(names('nginx', items)).toEqual([]))
  it('gives all for nothing typed, in their order, within the limit', () =>
    expect(names('  ', items, 3)).toEqual(['cobweb', 'shop-web-1', 'web-2']))
})
