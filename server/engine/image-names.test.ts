import { expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import { AppError } from '../errors.ts'
import { createImageNames } from './image-names.ts'
import type { Local } from './types.ts'

const id = `sha256:${'a'.repeat(64)}`
const row = (name: string, image: string) => ({ id: name, image }) as Local<Container>

it('a container whose tag moved on keeps the name it was made of, asked for once', async () => {
  const asked: string[] = []
  const named = createImageNames(async (name) => {
    asked.push(name)
    if (name === 'gone') return null
    if (name === 'hangs') throw new AppError('host_unresponsive')
    return row(name, name === 'by-id' ? id : 'app:live')
  })
  const rows = [row('a', 'app:1'), row('b', id), row('gone', id), row('hangs', id), row('by-id', id)]
  const expected = ['app:1', 'app:live', id, id, id]
  expect((await named(rows)).map(({ image }) => image)).toEqual(expected)
  expect(asked.toSorted()).toEqual(['b', 'by-id', 'gone', 'hangs'])
  asked.length = 0
  expect((await named(rows)).map(({ image }) => image)).toEqual(expected)
  expect(asked).toEqual(['hangs'])
  await named([])
  asked.length = 0
  await named([row('b', id)])
  expect(asked).toEqual(['b'])
})
