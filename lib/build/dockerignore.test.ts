import { expect, it } from 'vitest'
import { createDockerignore } from './dockerignore.ts'
import table from './dockerignore-table.json' with { type: 'json' }

/** Text, paths that are left out, paths that stay. The last of each is as `docker build` does it. */
it.each<[string, string[], string[]]>([
  ['node_modules', ['node_modules', 'node_modules/a/b.js'], ['app/node_modules/a.js', 'node_modules2']],
  ['/foo/bar', ['foo/bar', 'foo/bar/x'], ['bar', 'a/foo/bar']],
  ['*/temp*', ['a/temp', 'a/temporary.txt', 'a/temp/x'], ['temp', 'a/b/temp']],
  ['*/*/temp*', ['a/b/temporary'], ['a/temp']],
  ['temp?', ['tempa', 'temp1/x'], ['temp', 'tempab']],
  ['**/*.go', ['a.go', 'a/b/c.go'], ['a.gox']],
  ['a/**/b', ['a/b', 'a/x/y/b', 'a/x/b/z'], ['a', 'b', 'c/a/b']],
  ['foo/**', ['foo/a', 'foo/a/b'], ['foo', 'food/a']],
  ['*.md\n!README.md', ['a.md'], ['README.md', 'docs/a.md']],
  ['*.md\n!README*.md\nREADME-secret.md', ['README-secret.md', 'x.md'], ['README.md', 'README-a.md']],
  ['*.md\nREADME-secret.md\n!README*.md', ['x.md'], ['README-secret.md']],
  // Unlike .gitignore's, what lies in an ignored folder comes back.
  ['dist\n!dist/keep/**', ['dist/a', 'dist/keep'], ['dist/keep/a']],
  ['**\n!src\n!src/**', ['a', 'b/c'], ['src/a/b']],
  ['# a comment\n #not\n\n  spaces  ', ['spaces', '#not'], ['a comment', '# a comment']],
  ['./a/../b/', ['b', 'b/c'], ['a']],
  ['[a-c]x', ['ax', 'cx'], ['dx']],
  ['[^a]x', ['bx'], ['ax']],
  ['a\\*', ['a*'], ['ab']],
  ['a.c', ['a.c'], ['abc']],
  ['.git\r\n*.log\r\n', ['.git/config', 'x.log'], ['x.log2']],
  ['../x', [], ['x']],
])('%j', (text, ignored, kept) => {
  const ignores = createDockerignore(text)
  expect(ignored.filter((path) => !ignores(path))).toEqual([])
  expect(kept.filter((path) => ignores(path))).toEqual([])
})

it.each(['a\n[b', '!', 'x\\', '[z-a]', 'dir\\bin', '[[:alpha:]]', 'a{2}*', 'a|b*'])('refuses %j', (text) =>
  expect(() => createDockerignore(text)).toThrow(RangeError),
)

it('is done with a pattern that is meant to be slow', () => {
  const ignores = createDockerignore(`${'**/a/'.repeat(30)}b\n${'*a'.repeat(12)}b`)
  expect(ignores('a/'.repeat(500) + 'c')).toBe(false)
})

/** Of files of all sorts of names, those that the CLI leaves out (server/features/images/dockerignore.engine.test.ts asks it). */
it.each(table.rows.map((row) => [row.text, row.ignored] as const))('as the CLI: %j', (text, ignored) => {
  if (ignored === null) expect(() => createDockerignore(text)).toThrow(RangeError)
  else expect(table.files.filter(createDockerignore(text))).toEqual(ignored)
})
