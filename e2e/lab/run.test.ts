import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startDaemon } from './run.ts'

it('a daemon does not live in the temp folder of a test run, which it outlives', async () => {
  expect(process.env.TMPDIR).toMatch(/roadstead-run-/)
  const log = join(mkdtempSync(join(tmpdir(), 'daemon-')), 'log')
  startDaemon('sh', ['-c', 'echo "in ${TMPDIR:-the machine’s} and ${WORD}"'], log, { WORD: 'more' })
  await expect.poll(() => readFileSync(log, 'utf8')).toBe('in the machine’s and more\n')
})
