import { type EngineName, engineNames } from '#e2e/lab/state.ts'

/**
 * `npm run test:hard` goes through whole tables at real engines. `npm test` has half an hour for everything: it takes
 * rows at equal distances, which is enough to see that something broke and not always enough to see what.
 */
export const wholeTables = process.env.ROADSTEAD_TABLES === 'whole'

/** All rows, or every `nth` of them, the first among them. */
export function sampleOf<T>(rows: readonly T[], nth: number): readonly T[] {
  return wholeTables ? rows : rows.filter((_, index) => index % nth === 0)
}

/** Every engine of the lab, or each version once. The ways to a host have tests of their own (server/transport). */
export const sampledEngines: readonly EngineName[] = wholeTables
  ? engineNames
  : ['docker-unix', 'docker28-tcp', 'podman-ssh', 'podman5-tcp']

/**
 * All four, or one Docker and one Podman of different age. Files take turns, so that `npm test` meets each engine with half
 * of what there is to try, and each kind of engine with all of it.
 *
 * @param engines The older Docker, the newer, the older Podman, the newer
 * @param older Of which kind the older is taken; of the other kind it is the newer
 */
export function pairOf<T>(
  engines: readonly [T, T, T, T],
  older: 'older Docker' | 'older Podman',
): readonly T[] {
  if (wholeTables) return engines
  const [olderDocker, newerDocker, olderPodman, newerPodman] = engines
  return older === 'older Docker' ? [olderDocker, newerPodman] : [newerDocker, olderPodman]
}
