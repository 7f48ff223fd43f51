import { describe, expect, it } from 'vitest'
import type { Column } from './columns.ts'
import { columnsWithRoom } from './room.ts'

const column = (id: string, width: string, leaves?: number): Column<unknown> => ({
  id,
  header: id,
  width,
  cell: () => null,
  ...(leaves !== undefined && { leaves }),
})
const columns = [
  column('state', '100px'),
  column('name', 'minmax(150px, 1fr)'),
  column('image', 'minmax(150px, 1.4fr)', 2),
  column('ports', '100px', 1),
  column('note', '1fr', 3),
]
const shown = (room: number | null) => columnsWithRoom(columns, room).shown.map(({ id }) => id)
const edges = 80

describe('columns for which there is room', () => {
  it.each([
    [null, ['state', 'name', 'image', 'ports', 'note']],
    [500 + edges, ['state', 'name', 'image', 'ports', 'note']],
    [499 + edges, ['state', 'name', 'image', 'note']],
    [399 + edges, ['state', 'name', 'note']],
    [100, ['state', 'name']],
  ])('%s pixels', (room, expected) => {
    expect(shown(room)).toEqual(expected)
  })
  it('says which left, in their order', () => {
    expect(columnsWithRoom(columns, 300).left.map(({ id }) => id)).toEqual(['image', 'ports', 'note'])
  })
})
