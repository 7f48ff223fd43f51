import { expect, it } from 'vitest'
import type { PrunableKind, Unused } from '#lib/contracts/disk.ts'
import { chosenOf, unreadOf } from './prune-choice.ts'
import type { HostDisk } from './use-disks.ts'

const item = (id: string, heldBy: string[] = []): Unused => ({
  id,
  name: id,
  size: 1,
  nameless: false,
  heldBy,
})
const unused = {
  containers: [item('mine'), item('denied')],
  networks: [],
  buildCache: [],
  images: [item('free'), item('of mine', ['mine']), item('of both', ['mine', 'denied'])],
  volumes: [],
}
const disk = { host: { id: 'h', name: 'h' }, disk: { unused } } as unknown as HostDisk
const choose = (...kinds: PrunableKind[]) => chooseWith({}, ...kinds)
const chooseWith = (change: { spared?: ReadonlySet<string>; before?: number }, ...kinds: PrunableKind[]) => {
  const [chosen] = chosenOf([disk], {
    kinds: new Set(kinds),
    spared: new Set(),
    before: null,
    // Nobody tells the age of 'free'.
    sinceOf: (_kind, _hostId, id) => (id === 'free' ? null : id === 'mine' ? 100 : 300),
    ...change,
    onlyNameless: { images: false, volumes: false },
    may: (_kind, _hostId, id) => id !== 'denied',
  })
  return Object.values(chosen?.items ?? {}).flatMap((items) => items.map(({ id }) => id))
}

it('leaves a container that is denied, and what it holds', () => {
  expect(choose('containers', 'images')).toEqual(['mine', 'free', 'of mine'])
  expect(choose('images')).toEqual(['free'])
})

it('leaves single objects that were taken out, and what they hold', () => {
  expect(chooseWith({ spared: new Set(['h/containers/mine']) }, 'containers', 'images')).toEqual(['free'])
  expect(chooseWith({ spared: new Set(['h/images/free']) }, 'containers', 'images')).toEqual([
    'mine',
    'of mine',
  ])
})

it('takes only what is older, and nothing that tells no age', () => {
  expect(chooseWith({ before: 200 }, 'containers', 'images')).toEqual(['mine'])
  expect(chooseWith({ before: 400 }, 'containers', 'images')).toEqual(['mine', 'of mine'])
  expect(chooseWith({ before: 50 }, 'containers', 'images')).toEqual([])
})

it('tells the hosts of which a chosen kind is not known, networks also by their containers', () => {
  const failing = (name: string, ...kinds: string[]) =>
    ({
      host: { id: name, name },
      disk: { unused, failed: kinds.map((kind) => ({ kind })) },
    }) as unknown as HostDisk
  const disks = [failing('a', 'containers'), failing('b', 'volumes', 'pods'), failing('c')]
  expect(unreadOf(disks, new Set(['networks', 'volumes', 'images', 'buildCache']))).toEqual([
    { kind: 'networks', hosts: ['a'] },
    { kind: 'volumes', hosts: ['b'] },
  ])
})
