import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const decisions = readdirSync('docs/decisions').filter((name) => name !== 'README.md')

it('the index of decisions names each by its number and its title', () => {
  const index = readFileSync('docs/decisions/README.md', 'utf8')
  for (const name of decisions) {
    const [heading = ''] = readFileSync(`docs/decisions/${name}`, 'utf8').split('\n')
    const [, number = '', title] = /^# (\d+)\. (.+)$/.exec(heading) ?? []
    expect(name.slice(0, 4), heading).toBe(number.padStart(4, '0'))
    expect(index).toContain(`[${title}](${name})`)
  }
})

it('no number is given twice', () => {
  const numbers = decisions.map((name) => name.slice(0, 4))
  expect(new Set(numbers).size).toBe(numbers.length)
})

it.each([
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs/clients.md',
  'docs/container.md',
  'docs/exposing-an-engine.md',
])('each link of %s to a file of the project leads somewhere', (path) => {
  const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
  for (const [, link = ''] of links) expect(existsSync(join(dirname(path), link)), link).toBe(true)
})

it('each path that CONTRIBUTING.md names is there', () => {
  const text = readFileSync('CONTRIBUTING.md', 'utf8')
  const paths = [...text.matchAll(/`((?:app|bench|components|docs|e2e|lib|scripts|server)\/[\w./()[\]-]*)`/g)]
  expect(paths.length).toBeGreaterThan(30)
  for (const [, path = ''] of paths) expect(existsSync(path), path).toBe(true)
})
