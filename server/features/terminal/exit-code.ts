import type { EngineClient } from '../../engine/types.ts'

/** What an exec ended with; null where the engine does not tell. Podman 4.3 calls one running for a while after its end. */
export async function exitCodeOf(engine: EngineClient, execId: string): Promise<number | null> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      const state = await engine.execs.state(execId)
      if (!state.running) return state.exitCode
    } catch {
      return null
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return null
}
