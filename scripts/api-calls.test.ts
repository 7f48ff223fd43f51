import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sourcesBelow } from './read-imports.ts'

/** Types that a page states itself of what the server answers: they would go on saying so when the route says otherwise. */
const stated = [
  { what: 'a type argument', pattern: /\bapi\.\w+<[^'"`]/g },
  { what: 'a cast of an answer', pattern: /\(await api\.\w+\([^\n]*\)\) as\b/g },
  { what: 'a body held against a type by hand', pattern: /\bapi\.\w+\((?:[^()]|\([^()]*\))*\bsatisfies\b/g },
  { what: 'a request past the client', pattern: /\bfetch\(/g },
]
/** The client itself, and a question whether the server answers at all. */
const requesting = ['components/data/api.ts', 'components/frame/live-provider.tsx']

const found = (path: string, text: string) =>
  stated
    .filter(({ what }) => what !== 'a request past the client' || !requesting.includes(path))
    .flatMap(({ what, pattern }) => [...text.matchAll(pattern)].map(([said]) => `${path}: ${what}: ${said}`))

it('no page states the type of an answer: it is the route’s', () => {
  const sources = sourcesBelow(['app', 'components'])
  expect(sources.length).toBeGreaterThan(200)
  expect(sources.flatMap((path) => found(path, readFileSync(path, 'utf8')))).toEqual([])
})

it('each way to state one is seen', () => {
  for (const text of [
    "api.get<Host[]>('/api/hosts')",
    "const hosts = (await api.get('/api/hosts')) as Host[]",
    "api.post('/api/bulk', { body: { ...input(a), width } satisfies BulkStart })",
    "await fetch('/api/hosts')",
  ])
    expect(found('components/x.ts', text)).toHaveLength(1)
})
