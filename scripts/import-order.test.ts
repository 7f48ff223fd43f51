import { describe, expect, it } from 'vitest'
import { onlyFor, type Room, rooms } from './import-order.ts'
import { type Import, importsIn, importsOf, roomOf, sourcesBelow } from './read-imports.ts'

const kinds = ['values', 'types', 'packages'] as const
const listed = (room: Room | undefined, kind: (typeof kinds)[number]) =>
  (room?.[kind] ?? '').split(' ').filter(Boolean)

/** What is wrong with an import, or null. */
function fault({ from, to, isType }: Import): string | null {
  const room = rooms[roomOf(from)]
  const told = `${from} may not import ${isType ? 'types of ' : ''}${to}`
  if (!room) return `${roomOf(from)} is not in the table`
  const isFile = /^(?:app|bench|components|e2e|lib|scripts|server)\//.test(to)
  if (!isFile) return to.includes('.') || listed(room, 'packages').includes(to) ? null : told
  const target = roomOf(to)
  if (target === roomOf(from) || target.startsWith(`${roomOf(from)}/`)) return null
  if (!isType && (onlyFor[to]?.includes(roomOf(from)) ?? true) === false) return told
  if (listed(room, 'values').includes(target)) return null
  return isType && listed(room, 'types').includes(target) ? null : told
}

const imports = sourcesBelow(['app', 'components', 'lib', 'server']).flatMap(importsIn)

it('each import of the sources is in the table', () => {
  expect(imports.length).toBeGreaterThan(2000)
  expect([...new Set(imports.map(fault).filter(Boolean))]).toEqual([])
})

it('the table allows nothing that nobody needs', () => {
  const needed = new Set(
    imports.flatMap(({ from, to, isType }) => [
      `${roomOf(from)} ${to}`,
      `${roomOf(from)} ${roomOf(to)} ${isType ? 'types' : 'values'}`,
    ]),
  )
  const idle = Object.entries(rooms).flatMap(([name, room]) => [
    ...listed(room, 'packages').filter((other) => !needed.has(`${name} ${other}`)),
    ...listed(room, 'values').filter((other) => !needed.has(`${name} ${other} values`)),
    ...listed(room, 'types').filter((other) => !needed.has(`${name} ${other} types`)),
  ])
  expect(idle).toEqual([])
})

it('no room stands on one that stands on it; of the server not by types either', () => {
  const circle = (name: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    const types = name.startsWith('server') ? listed(rooms[name], 'types') : []
    for (const other of [...listed(rooms[name], 'values'), ...types]) {
      const found = circle(other, [...path, name])
      if (found) return found
    }
    return null
  }
  for (const name of Object.keys(rooms)) expect(circle(name, [])).toBeNull()
})

describe('what is forbidden is caught', () => {
  it.each([
    ['lib/words.ts', "import { fetch } from 'undici'"],
    ['lib/words.ts', "import { readFileSync } from 'node:fs'"],
    ['lib/contracts/hosts.ts', "import { Button } from '#components/ui/button.tsx'"],
    ['server/features/archives/load.ts', "import { createPages } from '../../http/pages.ts'"],
    ['server/features/archives/load.ts', "import { Badge } from '#components/ui/badge.tsx'"],
    ['server/engine/images.ts', "import { interrupted } from '../tasks/interrupt.ts'"],
    ['server/tasks/service.ts', "import Fastify from 'fastify'"],
    ['server/tasks/service.ts', "import type { FastifyRequest } from 'fastify'"],
    ['server/access/access.ts', "import { prepare } from '../gateway/prepare.ts'"],
    ['server/features/containers/service.ts', "import { createEngineClient } from '../../engine/client.ts'"],
    ['server/features/containers/service.ts', "import { openStore } from '../../db/store.ts'"],
    ['server/audit/journal.ts', "import { DatabaseSync } from 'node:sqlite'"],
    ['server/features/containers/service.ts', "import { startApp } from '../../testing/app-under-test.ts'"],
    ['server/transport/unix.ts', "import type { EngineClient } from '../engine/types.ts'"],
    ['server/features/logs/view.ts', "import { diskOf } from '../disk/unused.ts'"],
    ['server/web/guard.ts', "import { logsFeature } from '../features/logs/index.ts'"],
    ['app/layout.tsx', "import { z } from 'zod'"],
    ['app/layout.tsx', "import { hostSchema } from '#lib/contracts/hosts.ts'"],
    ['app/layout.tsx', "import { createApp } from '#server/app.ts'"],
    ['components/ui/button.tsx', "import { useStats } from '#components/stats/use-stats.ts'"],
    ['components/hosts/host-row.tsx', "import { hostSchema } from '#lib/contracts/hosts.ts'"],
    ['components/hosts/host-row.tsx', "import { createAuthClient } from 'better-auth/react'"],
    ['components/page/brand.tsx', "import { Rail } from '#components/frame/rail.tsx'"],
    ['components/page/brand.tsx', "const rail = await import('#components/frame/rail.tsx')"],
    ['components/page/brand.tsx', "export { Rail } from '../frame/rail.tsx'"],
    ['components/nowhere/thing.tsx', "import '#components/ui/button.tsx'"],
  ])('%s: %s', (path, text) => {
    expect(importsOf(path, text).map(fault)).toEqual([expect.any(String)])
  })

  it('and what is allowed is not', () => {
    const text =
      "import { type A, b } from '#lib/format.ts'\nimport {\n  type C,\n  type D,\n} from '#lib/contracts/hosts.ts'"
    const found = importsOf('components/hosts/host-row.tsx', text)
    expect(found.map(({ isType }) => isType)).toEqual([false, true])
    expect(found.map(fault)).toEqual([null, null])
  })
})
