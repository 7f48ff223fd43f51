import { expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import { cutContainer, cutImage, type Fields, othersOf } from './other-names.ts'
import type { Visibility } from './visibility.ts'

const own = 'a'.repeat(64)
const friend = 'b'.repeat(64)
const hidden = 'c'.repeat(64)
const containers = [
  [own, 'own'],
  [friend, 'friend'],
  [hidden, 'hidden'],
].map(([id, name]) => ({ id, name, imageId: 'sha256:i' }) as Container)
const visibility = { container: ({ id }: Container) => id !== hidden } as unknown as Visibility
const others = othersOf({ all: () => containers } as never, 'h', () => visibility)

/** What stays of a document in which each container is named in that way. */
const cut = (document: (name: string) => Fields, name: string) => {
  const made = document(name)
  cutContainer(made, others)
  return JSON.stringify(made)
}

it.each<[string, (name: string) => Fields]>([
  ...['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode'].map(
    (mode) =>
      [mode, (name: string) => ({ HostConfig: { [mode]: `container:${name}` } })] as [
        string,
        (name: string) => Fields,
      ],
  ),
  ['a link', (name) => ({ HostConfig: { Links: [`/${name}:/own/db`] } })],
  ['a link of an endpoint', (name) => ({ NetworkSettings: { Networks: { n: { Links: [`${name}:db`] } } } })],
  ['a link that a parent has to it', (name) => ({ Names: ['/own', `/${name}/db`] })],
  ['volumes', (name) => ({ HostConfig: { VolumesFrom: [`${name}:ro`] } })],
  ['what it requires', (name) => ({ Dependencies: [name] })],
  [
    'an annotation',
    (name) => ({ Config: { Annotations: { 'io.podman.annotations.volumes-from': `${name}:z` } } }),
  ],
  ...[
    ['--network', 'container:NAME'],
    ['--ipc=container:NAME'],
    ['--pid=container:NAME'],
    ['--volumes-from', 'NAME:ro'],
    ['--volumes-from=friend,NAME'],
    ['--requires', 'NAME,friend'],
  ].map(
    (words) =>
      [
        words.join(' '),
        (name: string) => ({ Config: { CreateCommand: words.map((word) => word.replace('NAME', name)) } }),
      ] as [string, (name: string) => Fields],
  ),
])('%s: names another container only if it is seen', (_, document) => {
  for (const name of ['hidden', hidden]) expect(cut(document, name)).not.toContain(name)
  // One that is not there looks the same.
  expect(cut(document, 'hidden')).toBe(cut(document, 'absent'))
  for (const name of ['friend', friend]) expect(cut(document, name)).toBe(JSON.stringify(document(name)))
})

it('a path or a name in which the id of a hidden one stands is without it', () => {
  const document = (id: string) => ({ HostsPath: `/containers/${id}/hosts`, Name: `x-${id.slice(0, 12)}` })
  expect(cut(document as never, hidden)).toBe('{"HostsPath":"/containers/?/hosts","Name":"x-?"}')
  expect(cut(document as never, friend)).toContain(friend)
})

it('an image tells neither of which hidden container it was made, nor how many have it', () => {
  const image = { Id: 'i', Containers: 3, Container: hidden, ContainerConfig: { Hostname: 'secret' } }
  cutImage(image, others)
  expect(image).toEqual({ Id: 'i', Containers: 2, Container: '', ContainerConfig: {} })
})
