import { expect, it } from 'vitest'
import type { FileEntry } from '#lib/contracts/files.ts'
import { type Send, type UploadPlace, UploadStore } from './upload-store.ts'
import { type Dropped, overwritten } from './uploads.ts'

const place = (containerId = 'a'): UploadPlace => ({
  container: { hostId: 'h', containerId },
  containerName: 'web',
  path: '/data',
  owner: null,
})
const named = (...names: string[]) => names.map((name) => ({ name, file: new File(['12'], name) }))
/** A server that answers when it is told to. */
function slowServer() {
  const sent: { name: string; resolve(): void; reject(error: unknown): void }[] = []
  const send: Send = ({ name }, signal, progress) =>
    new Promise((resolve, reject) => {
      progress(1)
      signal.addEventListener('abort', () => reject(signal.reason))
      sent.push({ name, resolve: () => resolve(undefined), reject })
    })
  const settled: string[] = []
  return { sent, settled, store: new UploadStore(send, (container) => settled.push(container)) }
}
const states = (store: UploadStore) => store.list().map(({ name, state }) => `${name} ${state}`)
const soon = () => new Promise((resolve) => setImmediate(resolve))

it('a second drop waits for the first and is seen', async () => {
  const { sent, settled, store } = slowServer()
  store.start(place(), named('a', 'b'))
  store.start(place(), named('c'))
  expect(states(store)).toEqual(['a sending', 'b waiting', 'c waiting'])
  expect(sent.map(({ name }) => name)).toEqual(['a'])
  sent[0]?.resolve()
  await soon()
  store.start(place(), named('d'))
  expect(states(store)).toEqual(['a done', 'b sending', 'c waiting', 'd waiting'])
  sent[1]?.reject(new Error('refused'))
  await soon()
  sent[2]?.resolve()
  await soon()
  expect(settled).toEqual([])
  sent[3]?.resolve()
  await soon()
  expect(states(store)).toEqual(['a done', 'b failed', 'c done', 'd done'])
  // What failed counts for nothing in the sum of what was sent.
  expect(store.list().map(({ sent: bytes }) => bytes)).toEqual([2, 0, 2, 2])
  expect(settled).toEqual(['h/a'])
  store.start(place(), named('e'))
  expect(states(store)).toEqual(['b failed', 'e sending'])
})

it('another container waits for nobody, and is not cancelled with the first', async () => {
  const { sent, store } = slowServer()
  store.start(place(), named('a', 'b'))
  store.start(place('other'), named('x'))
  expect(sent.map(({ name }) => name)).toEqual(['a', 'x'])
  store.cancel('h/a')
  await soon()
  expect(states(store)).toEqual(['a cancelled', 'b cancelled', 'x sending'])
  store.clear('h/a')
  store.clear('h/other')
  expect(states(store)).toEqual(['x sending'])
})

const entry = (name: string, kind: FileEntry['kind']): [string, FileEntry] => [
  name,
  { name, kind, size: 0, mode: 0o644, owner: null, mtime: 0, target: '' },
]
const existing = new Map([entry('f', 'file'), entry('d', 'directory'), entry('l', 'symlink')])
const file = new File([''], 'x')
it.each<[string, Dropped[], string[]]>([
  [
    'a new file and a new folder',
    [
      { name: 'n', file },
      { name: 'm/n', file },
    ],
    [],
  ],
  ['a file', [{ name: 'f', file }], ['f file']],
  [
    'a folder, once',
    [
      { name: 'd/1', file },
      { name: 'd/2/3', file },
    ],
    ['d folder'],
  ],
  ['an empty folder below a folder', [{ name: 'd/e', file: null }], []],
  ['an empty folder that is there', [{ name: 'd', file: null }], []],
  ['what a link leads to', [{ name: 'l/1', file }], ['l folder']],
  ['a link itself', [{ name: 'l', file }], ['l file']],
  ['what is refused: a folder by a file', [{ name: 'd', file }], []],
  ['what is refused: a file by a folder', [{ name: 'f/1', file }], []],
])('overwritten by a drop: %s', (_, dropped, found) => {
  expect(overwritten(dropped, existing).map(({ name, kind }) => `${name} ${kind}`)).toEqual(found)
})
