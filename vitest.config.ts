import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { anyEngineFault } from './scripts/engine-faults.js'

const engineTests = '**/*.engine.test.ts'
/** Begun first, so that none of them is what all others have ended before. */
const longest = [
  'server/gateway/clients.engine.test.ts',
  'server/features/images/build.engine.test.ts',
  'server/features/images/copy.engine.test.ts',
  'server/features/logs/viewers.engine.test.ts',
  'server/features/terminal/terminal.engine.test.ts',
  'server/features/files/odd-places.engine.test.ts',
  'server/gateway/tools.engine.test.ts',
  'server/tasks/cut.engine.test.ts',
  'server/identity/users.test.ts',
  'server/identity/second-factors.test.ts',
]
/** These freeze engines or take away what nothing uses: nothing else may run at those engines meanwhile. */
const alone = [
  'server/fleet/hosts.engine.test.ts',
  'server/features/logs/cuts.engine.test.ts',
  'server/features/disk/prune.engine.test.ts',
  'server/features/stats/upstreams.engine.test.ts',
]
/** These measure, or promise two seconds: the machine is theirs. */
const quiet = ['server/identity/revocation.engine.test.ts', 'server/features/stats/stats.engine.test.ts']
/** Nobody waits for it: `npm run test:hard` says how long it lasts. */
const hour = process.env.ROADSTEAD_HOUR_MINUTES ? [] : ['server/hour.engine.test.ts']
/** Engines of its own on small disks: `npm run test:hard` alone starts them. */
const whole = process.env.ROADSTEAD_TABLES === 'whole' ? [] : ['server/tasks/engine-disk.engine.test.ts']
/**
 * Unit tests compute, engine tests mostly wait for an engine: they run in one group (a group has one number of workers), one
 * more of them than there are cores.
 */
const together = availableParallelism() + 1
/**
 * Real engines of several ages fail now and then for reasons of their own. In CI a test that such a fault falls into has one
 * more try, and is told at the end; whatever else fails is red at once (docs/decisions/0026).
 */
const retry = process.env.CI ? { count: 1, condition: anyEngineFault } : 0

/** The longest first, and then each kind at equal distances: unit tests compute while engine tests wait. */
class Mixed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((file) => moduleId.endsWith(file))
      return index < 0 ? longest.length : index
    }
    const byProject = Map.groupBy(
      sorted.toSorted((a, b) => rank(a) - rank(b)),
      ({ project }) => project.name,
    )
    return [...byProject.values()]
      .flatMap((list) => list.map((file, index) => ({ file, at: index / list.length })))
      .toSorted((a, b) => a.at - b.at)
      .map(({ file }) => file)
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: './scripts/temp-folder.js',
    // An engine removes a network or counts its disk in a second, or in thirty on a machine that is busy or has a slow
    // disk. A test that waits says what it waits for and not how long; one that is about time says so itself.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000, interval: 100 } },
    reporters: ['default', './scripts/failed-tests.js'],
    sequence: { sequencer: Mixed },
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
          maxWorkers: together,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: [`{server,e2e/lab}/${engineTests}`],
          exclude: [...alone, ...quiet, ...hour, ...whole],
          retry,
          maxWorkers: together,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine-alone',
          include: alone,
          fileParallelism: false,
          retry,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'engine-quiet',
          include: quiet,
          fileParallelism: false,
          retry,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
