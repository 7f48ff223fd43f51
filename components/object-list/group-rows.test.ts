import { expect, it } from 'vitest'
import { type Grouping, groupRows } from './group-rows.ts'

const rows = ['web@b', 'db@a', 'cache@b', 'job@']
const byHost: Grouping<string> = {
  id: 'host',
  label: 'By host',
  keyOf: (row) => row.split('@')[1] as string,
  labelOf: (row) => row.split('@')[1] || 'none',
}

it('puts rows together by key, in the order of the names, and keeps their own order', () => {
  expect(groupRows(rows, byHost)).toEqual([
    { key: 'host a', label: 'a', rows: ['db@a'] },
    { key: 'host b', label: 'b', rows: ['web@b', 'cache@b'] },
    { key: 'host ', label: 'none', rows: ['job@'] },
  ])
})

it('without a grouping is one group whose empty key says that it has no head', () => {
  expect(groupRows(rows, undefined)).toEqual([{ key: '', label: '', rows }])
})

it('of no rows is no group, so that what is said of an empty list can stand there', () => {
  expect(groupRows([], byHost)).toEqual([])
  expect(groupRows([], undefined)).toEqual([])
})
