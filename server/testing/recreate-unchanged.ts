import type { EngineClient } from '../engine/types.ts'
import type { Known } from '../features/containers/known.ts'
import { readKnown } from '../features/containers/known.ts'
import { recreateContainer } from '../features/containers/recreate-run.ts'
import { carryOut } from '../tasks/change.ts'

/** Makes a container anew as the form does that was opened and saved; resolves with the new id. */
export async function recreateUnchanged(
  engine: EngineClient,
  id: string,
  accepted: string[] = [],
): Promise<string> {
  const { signal } = new AbortController()
  const { spec }: Known = await readKnown(engine, id, signal)
  const input = { containerId: id, spec, keepOld: false, accepted, name: spec.name ?? '' }
  const made = await recreateContainer(engine, input, {
    signal,
    progress() {},
    mayReplace() {},
    carryOut(change) {
      const host = {
        engine: () => engine,
        untilOnline: async () => engine,
        suspect() {},
        name: () => 'the engine',
      }
      const around = { host, write: async () => {}, say() {}, signal, leave: signal, giveUp: signal }
      return carryOut(change, { phase: 'forward', begun: [], why: null }, around)
    },
    provideImage: async () => {},
    restrictBodyOf: () => null,
  })
  return String(made.containerId)
}
