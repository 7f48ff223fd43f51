import type { EngineName } from './state.ts'
import { witness } from './witness.ts'

/** Lets the container `burner` of these engines use all of the CPU that it may. Resolves with what ends it again. */
export async function burn(engines: readonly EngineName[]): Promise<() => Promise<void>> {
  const all = (...command: string[]) =>
    Promise.all(engines.map((engine) => witness(engine, ['exec', 'burner', ...command])))
  await all('touch', '/burn')
  return async () => void (await all('rm', '-f', '/burn'))
}
