import { expect, it } from 'vitest'
import { queryOfPart } from './part-list.ts'
import type { Telling } from './visible.ts'

const idOf = async (name: string) => {
  if (name === 'hidden') throw new Error('none')
  return `id of ${name}`
}
const ask = async (tells: Telling | undefined, filters: unknown) => {
  const { query } = await queryOfPart(tells, [['filters', JSON.stringify(filters)]], idOf)
  return JSON.parse(query[0]?.[1] ?? '')
}

it.each([
  ['volumes', { dangling: ['true'] }],
  ['volumes', { 'dangling!': ['true'] }],
  ['networks', { dangling: { true: true } }],
  ['images', { containers: ['external'] }],
  ...['ctr-ids', 'ctr-names', 'ctr-number', 'ctr-status'].map((name) => ['pods', { [name]: ['x'] }] as const),
  ['containers', { 'not-known': ['x'] }],
] as const)('a filter by what uses a thing is refused: %s %j', async (tells, filters) => {
  await expect(ask(tells, filters)).rejects.toMatchObject({ code: 'gateway_filter' })
})

it.each([
  ['volumes', { name: ['x'], 'label!': ['y'], anonymous: ['true'] }],
  ['networks', { driver: ['bridge'], type: ['custom'] }],
  ['images', { dangling: ['true'], reference: ['a*'] }],
  ['pods', { status: ['running'], name: { a: true } }],
  ['containers', { network: ['backend'], volume: ['v'], 'label!': ['x'] }],
  ['events', { container: ['hidden'] }],
] as const)('one by what a thing is goes on: %s %j', async (tells, filters) => {
  expect(await ask(tells, filters)).toEqual(filters)
})

it('names another container by the id of one that is seen, or not at all', async () => {
  const network = { network: ['container:mine', 'backend'], 'network!': ['container:mine'] }
  expect(await ask('containers', network)).toEqual({
    network: ['container:id of mine', 'backend'],
    'network!': ['container:id of mine'],
  })
  await expect(ask('containers', { network: ['container:hidden'] })).rejects.toThrow('none')
  await expect(ask('containers', { since: ['hidden'] })).rejects.toThrow('none')
})
