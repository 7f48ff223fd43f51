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
  'server/hosts/hosts.engine.test.ts',
  'server/prune/prune.engine.test.ts',
  'server/stats/stats.engine.test.ts',
  'server/stats/upstreams.engine.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    // An engine removes a network or counts its disk in a second, or in thirty on a machine with a slow disk.
    testTimeout: 60_000,
    hookTimeout: 120_000,
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
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: [`{server,e2e/lab}/${engineTests}`],
          exclude: [...heavy, ...alone],
          // Most of the time they wait for an engine.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...{ name: 'engine-heavy', include: heavy, maxWorkers: 2 },
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...{ name: 'engine-alone', include: alone, fileParallelism: false },
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
