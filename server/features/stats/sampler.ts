import { setTimeout as pause } from 'node:timers/promises'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { stepMs } from './history.ts'
import type { StatsStore } from './store.ts'

/** Requests at a time to one host. Docker 20.10 holds each for a second; 32 read 500 containers within a step. */
const width = 32
/** Milliseconds for one reading: a second and some patience. What takes longer is a gap. */
const readingMs = 8000
/** A host that has just come is read twice at once, so that its columns fill within seconds. */
const firstPauseMs = 3000
const listPauseMs = 500

export interface SamplerTarget {
  hostId: string
  engine: EngineClient
  store: StatsStore
  log: Log
  /** Ids of the containers that run; null before the host's containers were listed. */
  running(): string[] | null
  /** Read by a live stream already. */
  isFollowed(id: string): boolean
}

/**
 * Reads all running containers of one host at a low rate, from `connected` to the abort. Docker is asked container by
 * container, evenly over the step; Podman once for all. Never throws.
 */
export async function sampleHost(target: SamplerTarget, signal: AbortSignal): Promise<void> {
  const { store, hostId } = target
  for (let round = 0; !signal.aborted; ) {
    const began = performance.now()
    const ids = target.running()
    const length = ids === null ? listPauseMs : round++ < 2 ? firstPauseMs : stepMs
    try {
      if (ids !== null) {
        if (target.engine.info?.flavour === 'podman') await readPodman(target, ids, signal)
        else await readDocker(target, ids, length * 0.9, signal)
        if (!signal.aborted) store.closeStep(hostId, target.running() ?? [])
      }
      await pause(Math.max(listPauseMs, length - (performance.now() - began)), undefined, { signal })
    } catch (error) {
      if (!signal.aborted) target.log.warn({ err: error, hostId }, 'stats round')
    }
  }
}

async function readPodman(target: SamplerTarget, running: string[], signal: AbortSignal): Promise<void> {
  const { store, hostId, engine } = target
  const ids = running.filter((id) => !target.isFollowed(id))
  if (ids.length === 0) return
  try {
    const readings = new Map(
      (await engine.system.readStats({ signal })).map((reading) => [reading.id, reading]),
    )
    for (const id of ids) {
      const reading = readings.get(id)
      if (reading) store.addCoarse(hostId, reading)
      else store.addGap(hostId, id)
    }
  } catch (error) {
    if (signal.aborted) return
    target.log.debug({ err: error, hostId }, 'stats')
    for (const id of ids) store.addGap(hostId, id)
  }
}

/** Spread over `overMs`, so that neither the engine nor we have a burst every step. */
async function readDocker(
  target: SamplerTarget,
  ids: string[],
  overMs: number,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now()
  let next = 0
  const worker = async () => {
    while (next < ids.length && !signal.aborted) {
      const index = next++
      const due = began + (index / ids.length) * overMs
      const early = due - performance.now()
      if (early > 0) await pause(early, undefined, { signal })
      await readOne(target, ids[index] as string, signal)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, ids.length) }, worker))
}

async function readOne(target: SamplerTarget, id: string, signal: AbortSignal): Promise<void> {
  if (target.isFollowed(id)) return
  const { store, hostId } = target
  try {
    const reading = await target.engine.containers.readStats(id, { signal, timeoutMs: readingMs })
    if (signal.aborted || target.isFollowed(id)) return
    if (reading) store.addCoarse(hostId, reading)
    else store.addGap(hostId, id)
  } catch (error) {
    if (signal.aborted || (error instanceof AppError && error.code === 'container_not_found')) return
    target.log.debug({ err: error, hostId, id }, 'stats')
    store.addGap(hostId, id)
  }
}
