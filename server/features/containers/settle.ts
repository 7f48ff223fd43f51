import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'

/** Milliseconds that a container has to stay up to count as running; one with a health check gets longer to say so. */
const settleMs = 3000
const healthMs = 90_000
const pollMs = 300

/** Throws container_stopped_at_once with its last lines, container_unhealthy with its last check. */
export async function untilSettled(engine: EngineClient, id: string, signal: AbortSignal): Promise<void> {
  const began = Date.now()
  for (;;) {
    signal.throwIfAborted()
    const now = await engine.containers.read(id)
    if (now === null || now.state !== 'running') {
      const params = { exitCode: now?.exitCode ?? -1 }
      throw new AppError('container_stopped_at_once', { params, detail: await lastLines(engine, id, signal) })
    }
    if (now.health === 'unhealthy')
      throw new AppError('container_unhealthy', { detail: await lastCheck(engine, id) })
    const passed = Date.now() - began
    if (now.health === 'healthy' || passed > healthMs) return
    if (now.health === 'none' && passed > settleMs) return
    await sleep(pollMs)
  }
}

async function lastLines(engine: EngineClient, id: string, signal: AbortSignal): Promise<string> {
  try {
    const document = (await engine.containers.inspect(id)) as { Config?: { Tty?: boolean } }
    const tty = document.Config?.Tty === true
    const lines: string[] = []
    for await (const line of await engine.containers.logs(id, { tty, follow: false, tail: 10, signal }))
      lines.push(line.text.slice(0, 300))
    return lines.join('\n')
  } catch {
    return ''
  }
}

async function lastCheck(engine: EngineClient, id: string): Promise<string> {
  const document = (await engine.containers.inspect(id)) as {
    State?: { Health?: { Log?: { Output?: string }[] | null } }
  }
  return document.State?.Health?.Log?.at(-1)?.Output?.slice(0, 1000) ?? ''
}

/**
 * Has a container run again, although it may still be about to stop. Throws what is in the way; it may be tried again.
 */
export async function runAgain(engine: EngineClient, id: string): Promise<void> {
  // Engines go on with a stop whose caller went away: a second one waits for the same end, and is none when it is over.
  await engine.containers.stop(id, {})
  await engine.containers.start(id)
  await sleep(pollMs)
  const now = await engine.containers.read(id)
  if (now?.state === 'running') return
  if (now === null) throw new AppError('container_not_found', { objectId: id })
  throw new AppError('container_stopped_at_once', { params: { exitCode: now.exitCode ?? -1 } })
}
