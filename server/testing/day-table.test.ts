import { expect, it } from 'vitest'
import { dayKey, differencesOf, stepsOf, tableOf } from './day-table.ts'

const direct =
  '\n$ client run a\nout\n= 0\n\n$ client build\nbuilt\n= 0\n\n$ client run built\nok\n= 0\nended with 0'

it('finds nothing between two days that are alike', () => {
  expect(stepsOf(direct).map(({ title }) => title)).toEqual([
    'client run a',
    'client build',
    'client run built',
  ])
  expect(differencesOf(stepsOf(direct), stepsOf(direct))).toEqual([])
})

it('tells a refusal by its permission, what follows from it, and what differs for no such reason', () => {
  const refused = direct
    .replace('built\n= 0', '! It needs the permission gateway.raw.\n= 1')
    .replace('ok\n', '! no such image\n')
  const differences = differencesOf(stepsOf(direct), stepsOf(refused))
  expect(differences).toEqual([
    { title: 'client build', why: { permission: 'gateway.raw' } },
    { title: 'client run built', why: 'follows' },
  ])
  const known = { client: 'a', engine: 'b', role: 'operator' }
  const [, , row = ''] = tableOf([{ ...known, steps: 3, differences }], '', [dayKey(known)]).split('\n')
  expect(row.split(/ *\| */)).toEqual([
    '',
    'a',
    'b',
    'operator',
    '3',
    '1',
    'needs gateway.raw: `client build`; not without these: `client run built`',
    '',
  ])
  expect(differencesOf(stepsOf(direct), stepsOf(direct.replace('out', 'in')))).toEqual([
    { title: 'client run a', why: { direct: 'out\n= 0', through: 'in\n= 0' } },
  ])
})

it('counts what was not come to', () => {
  const [first = ''] = direct.split('\n$ client build')
  expect(differencesOf(stepsOf(direct), stepsOf(first)).map(({ title }) => title)).toEqual([
    'client build',
    'client run built',
  ])
})

it('keeps the rows of what a run did not come to, in their order, and lets go of days that are no more', () => {
  const rowOf = (client: string, steps: number, title = 'x') => ({
    client,
    engine: 'Docker 1',
    role: 'operator',
    steps,
    differences: [{ title, why: { permission: 'gateway.raw' } }],
  })
  const order = ['a', 'b', 'c'].map((client) => dayKey(rowOf(client, 0)))
  const before = tableOf([rowOf('b', 2, 'ps | head'), rowOf('gone', 4)], '', [
    ...order,
    dayKey(rowOf('gone', 0)),
  ])
  expect(before).toContain('gone')
  const page = `Before.\n\n${before}\n\nAfter.`
  const after = tableOf([rowOf('c', 3), rowOf('a', 1)], page, order)
  expect(after.split('\n').slice(2)).toHaveLength(3)
  expect(after).toBe(tableOf([rowOf('a', 1), rowOf('b', 2, 'ps | head'), rowOf('c', 3)], '', order))
})
