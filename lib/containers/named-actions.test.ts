import { describe, expect, it } from 'vitest'
import type { Container } from '../contracts/containers.ts'
import { namedActions, type SayableAction, sayableActions } from './named-actions.ts'

const words = Object.fromEntries(
  sayableActions.map((action) => [action, action === 'terminal' ? 'shell' : action]),
) as Record<SayableAction, string>
const container = (name: string, state: Container['state']) =>
  ({ hostId: 'a', id: name, name, state, labels: {} }) as Container
const rows = [container('shop-api', 'running'), container('shop-db', 'exited'), container('web', 'running')]
const said = (typed: string) =>
  namedActions(typed, rows, words).map(({ action, container: { name } }) => `${action} ${name}`)

describe('what is said by name', () => {
  it.each([
    ['restart shop', ['restart shop-api', 'restart shop-db']],
    ['RESTART  Web', ['restart web']],
    ['st shop', ['stop shop-api', 'start shop-db']],
    ['shell shop', ['terminal shop-api']],
    ['logs db', ['logs shop-db']],
    ['restart', []],
    ['r shop', []],
    ['restart nothing', []],
    ['remove shop', []],
  ])('%s', (typed, expected) => expect(said(typed)).toEqual(expected))
})
