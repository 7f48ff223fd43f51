import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type ActName, actOf, acts } from '#lib/acts.ts'

const text = readFileSync('docs/security.md', 'utf8')
const rows = text
  .slice(text.indexOf('## Threats'), text.indexOf('`npm run test:hard`'))
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))

it('has a table in which each threat names its measure and its tests', () => {
  expect(text).toMatch(/^# Security$/m)
  expect(rows.length).toBeGreaterThan(20)
  for (const [, threat, measure, tests] of rows) {
    expect(threat).toBeTruthy()
    expect(measure).toBeTruthy()
    expect(tests).toMatch(/^`[^`]+`: “[^”]+”(?:, “[^”]+”)*(?:; `[^`]+`: “[^”]+”(?:, “[^”]+”)*)*$/)
  }
})

/** Each file with what its tests are called, or a part of that. */
const proofs = Map.groupBy(
  rows.flatMap(([, , , tests = '']) => tests.split('; ')),
  (proof) => proof.split('`')[1] ?? '',
)
it.each([...proofs])('%s has its tests', (path, named) => {
  expect(path).toMatch(/\.(?:test|spec)\.ts$/)
  expect(existsSync(path)).toBe(true)
  // Not one that is left out, in part or as a whole.
  const source = readFileSync(path, 'utf8')
  expect(source).toMatch(/\b(?:it|test)(?:\.each|\.for|\.skipIf|At|\.concurrent|\()/)
  expect(source).not.toMatch(/\b(?:it|test|describe)\.(?:skip|todo|only|fixme)\(/)
  for (const [, name = ''] of named.join().matchAll(/“([^”]+)”/g)) expect(source).toContain(name)
})

it('leaves no file of the threats of its own out', () => {
  const own = readdirSync('server/secrets').filter((name) => name.endsWith('.test.ts'))
  for (const name of own) expect(text).toContain(`server/secrets/${name}`)
})

it('names settings and commands that there are', () => {
  const config = readFileSync('server/config.ts', 'utf8')
  for (const [name] of text.matchAll(/ROADSTEAD_[A-Z_]+/g)) expect(config).toContain(name)
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  for (const [, name = ''] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name)
  for (const [, path = ''] of text.matchAll(/\]\(([^)#]+)\)/g)) expect(existsSync(`docs/${path}`)).toBe(true)
})

it('lists what gives root as the table of acts has it', () => {
  const roots = (Object.keys(acts) as ActName[]).flatMap((name) => {
    const { root, needs, hostWide = [] } = actOf(name)
    return root
      ? [[`\`${name}\``, [...needs, ...hostWide].map((one) => `\`${one}\``).join(', '), root.why]]
      : []
  })
  const listed = text
    .slice(text.indexOf('## What gives root'), text.indexOf('## Threats'))
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  expect(listed).toEqual(roots)
})
