import { describe, expect, it } from 'vitest'
import { type Column, compareText, formatSort, holdOrder, parseSort, rangeOf, sortRows } from './columns.ts'

const columns: Column<{ id: string; n: number }>[] = [
  { id: 'n', header: 'N', width: '1fr', cell: () => null, compare: (a, b) => a.n - b.n },
]
const rows = [
  { id: 'a', n: 2 },
  { id: 'b', n: 1 },
  { id: 'c', n: 2 },
]
const ids = (list: { id: string }[]) => list.map((row) => row.id).join('')

describe('table order', () => {
  it('sorts both ways and keeps ties in place', () => {
    expect(ids(sortRows(rows, columns, { column: 'n', descending: false }))).toBe('bac')
    expect(ids(sortRows(rows, columns, { column: 'n', descending: true }))).toBe('acb')
    expect(ids(sortRows(rows, columns, { column: 'gone', descending: true }))).toBe('abc')
  })
  it('survives the URL', () => {
    const sort = { column: 'name', descending: true }
    expect(parseSort(formatSort(sort), { column: 'x', descending: false })).toEqual(sort)
    expect(parseSort(null, sort)).toEqual(sort)
  })
  it('holds what is on screen while the pointer rests', () => {
    expect(ids(holdOrder(['c', 'gone', 'a'], rows, (row) => row.id))).toBe('cab')
  })
  it('takes a range in either direction', () => {
    expect(rangeOf(['a', 'b', 'c', 'd'], 'c', 'a')).toEqual(['a', 'b', 'c'])
    expect(rangeOf(['a', 'b', 'c', 'd'], 'b', 'd')).toEqual(['b', 'c', 'd'])
    expect(rangeOf(['a', 'b'], 'filtered-away', 'b')).toEqual(['b'])
  })
  it('puts web-2 before web-10', () => {
    expect(['web-10', 'Web-2'].sort(compareText)).toEqual(['Web-2', 'web-10'])
  })
})
