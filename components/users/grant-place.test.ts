import { describe, expect, it } from 'vitest'
import { type GrantPlace, selectorsOf, wholeFleet } from './grant-place.ts'

const place = (hosts: Partial<GrantPlace['hosts']>, containers: Partial<GrantPlace['containers']> = {}) =>
  selectorsOf({
    hosts: { ...wholeFleet.hosts, ...hosts },
    containers: { ...wholeFleet.containers, ...containers },
  })

describe('what the fields of a grant mean', () => {
  it.each<[string, ReturnType<typeof place>, ReturnType<typeof selectorsOf>]>([
    ['as they begin', place({}), { hosts: { kind: 'all' }, containers: { kind: 'all' } }],
    ['a tag with spaces around it', place({ kind: 'tag', tag: ' prod ' }), tagged('prod')],
    [
      'what another way was given for is not in it',
      place({ kind: 'tag', tag: 'prod', hostId: 'h' }),
      tagged('prod'),
    ],
    ['a tag that is missing', place({ kind: 'tag', tag: ' ' }), null],
    ['a host that is not chosen', place({ kind: 'host', tag: 'prod' }), null],
    [
      'a label of any value',
      place({}, { kind: 'label', key: 'team', value: ' ' }),
      { hosts: { kind: 'all' }, containers: { kind: 'label', key: 'team', value: null } },
    ],
    [
      'a label of one value',
      place({}, { kind: 'label', key: ' team', value: 'a ' }),
      { hosts: { kind: 'all' }, containers: { kind: 'label', key: 'team', value: 'a' } },
    ],
    ['a label without its name: never all containers', place({}, { kind: 'label', value: 'a' }), null],
    ['a name that is missing: never all containers', place({}, { kind: 'name', pattern: '  ' }), null],
    [
      'a pattern',
      place({}, { kind: 'name', pattern: 'web-*' }),
      { hosts: { kind: 'all' }, containers: { kind: 'name', pattern: 'web-*' } },
    ],
  ])('%s', (_, meant, expected) => expect(meant).toEqual(expected))
})

function tagged(tag: string) {
  return { hosts: { kind: 'tag' as const, tag }, containers: { kind: 'all' as const } }
}
