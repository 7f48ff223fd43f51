import { defineConfig } from 'vitest/config'

const engineTests = '**/*.engine.test.ts'

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
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
        // One file at a time: some freeze and kill the very engines that others list.
        test: { name: 'engine', include: [`{server,e2e/lab}/${engineTests}`], fileParallelism: false },
      },
    ],
  },
})
