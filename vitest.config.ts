import { cpus } from 'node:os'
import { defineConfig } from 'vitest/config'

const engineTests = '**/*.engine.test.ts'
/** These are much work for the machine, and two of them are enough. */
const heavy = [
  'server/gateway/clients.engine.test.ts',
  'server/gateway/tools.engine.test.ts',
  'server/logs/cuts.engine.test.ts',
  'server/logs/logs.engine.test.ts',
  'server/logs/viewers.engine.test.ts',
]
/** These freeze engines, take away what nothing uses, or measure: nothing else may run at those engines meanwhile. */
const alone = [
  'server/auth/revocation.engine.test.ts',
  'server/hosts/hosts.engine.test.ts',
  'server/prune/prune.engine.test.ts',
  'server/stats/stats.engine.test.ts',
  'server/stats/upstreams.engine.test.ts',
]
/**
 * Real engines of several ages fail now and then for reasons of their own (docs/decisions/0026). In CI such a test has one
 * more try; what needed it is told at the end.
 */
const retry = process.env.CI ? 1 : 0

export default defineConfig({
  test: {
    pool: 'forks',
    // An engine removes a network or counts its disk in a second, or in thirty on a machine that is busy or has a slow
    // disk. A test that waits says what it waits for and not how long; one that is about time says so itself.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    reporters: ['default', './scripts/failed-tests.js'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'lib/**/*.test.ts',
            'server/**/*.test.ts',
            'components/**/*.test.{ts,tsx}',
            'e2e/lab/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [engineTests],
          // Vitest leaves one core free by itself, of two a half.
          maxWorkers: cpus().length,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: [`{server,e2e/lab}/${engineTests}`],
          exclude: [...heavy, ...alone],
          retry,
          // Most of the time they wait for an engine.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...{ name: 'engine-heavy', include: heavy, maxWorkers: 2, retry },
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...{ name: 'engine-alone', include: alone, fileParallelism: false, retry },
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
