import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseImageRef } from '#lib/images/image-ref.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'

/** Whether the engine made none, because another has the name. */
export const isNameTaken = (error: unknown) =>
  error instanceof AppError && error.code === 'container_name_taken'

/**
 * Asked before a create: only of a name that was free can be told later that what has it was made by us.
 * @throws container_name_taken
 */
export async function refuseTakenName(
  engine: EngineClient,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const rows = await engine.containers.list({ signal })
  if (rows.some((row) => row.name === name)) throw new AppError('container_name_taken')
}

/** The id of a container of that name that has not run yet. */
export async function neverStarted(engine: EngineClient, name: string): Promise<string | undefined> {
  const rows = await engine.containers.list()
  return rows.find((row) => row.name === name && row.state === 'created')?.id
}

/**
 * For a container that nobody named: `web-3f9a1c` of registry.example/team/web:1. One that its engine named could not be told
 * from others when the answer to its create was lost.
 */
export function nameAfter(image: string): string {
  const base = parseImageRef(image)?.repository.split('/').at(-1) ?? ''
  const fits = base.replaceAll(/[^a-zA-Z0-9_.-]/g, '').replace(/^[^a-zA-Z0-9]+/, '')
  return `${fits.slice(0, 40) || 'container'}-${randomBytes(3).toString('hex')}`
}

/** Milliseconds within which an engine makes what it was asked for, whether or not somebody still waits for the answer. */
const lateMs = 15_000
const pollMs = 500

/** As `neverStarted`, of a create whose answer was lost: it may still be under way at the engine. */
export async function madeLate(
  engine: EngineClient,
  name: string,
  askedAt: number,
): Promise<string | undefined> {
  for (;;) {
    const found = await neverStarted(engine, name)
    const left = askedAt + lateMs - Date.now()
    // More than all of it: the clock was put back.
    if (found || left <= 0 || left > lateMs) return found
    await sleep(Math.min(pollMs, left))
  }
}

/** Whether the engine never said what came of it: its answer was lost, or nobody waited for it. */
export const isAnswerLost = (error: unknown, signal: AbortSignal) =>
  signal.aborted ||
  (error instanceof AppError && (error.code.startsWith('connection_') || error.code.startsWith('host_')))
