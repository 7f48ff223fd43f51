import { expect, it } from 'vitest'
import { pagesFolder } from './pages.ts'

it('servers of one checkout below different paths have a folder each, whose name is no path', () => {
  const paths = ['', '/a', '/a/b', '/a-b', '/../x', '/ports', '/Ports']
  const folders = paths.map(pagesFolder)
  expect(new Set(folders).size).toBe(paths.length)
  expect(pagesFolder('/a')).toBe(pagesFolder('/a'))
  // Beside the build, and ignored as the one without a path is.
  for (const folder of folders) expect(folder).toMatch(/^\.next-run(?:-[0-9a-f]{12})?$/)
})
