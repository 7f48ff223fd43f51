import { z } from 'zod'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { TaskStep } from '#lib/contracts/tasks.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { Change, ChangeStep } from '../../tasks/change.ts'
import { isAnswerLost, isNameTaken, madeLate, neverStarted } from './name.ts'
import { runAgain, untilSettled } from './settle.ts'

/** One container that is made anew, as far as it has come. */
const replacedSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** What the old one is called meanwhile. */
  aside: z.string(),
  /** What the new one is called. */
  newName: z.string(),
  ran: z.boolean(),
  /** Seconds that it may take to stop. */
  stopSeconds: z.number(),
  newId: z.string().optional(),
  /** The engine said that it made none. */
  isRefused: z.boolean().optional(),
  /** The engine said that it failed: it makes none later. */
  isAnswered: z.boolean().optional(),
})
export type Replaced = z.infer<typeof replacedSchema>

/**
 * All that a replacement has to know to go on or back: the first is what was asked for, the others share a namespace with it
 * (or with each other) and come after what they depend on.
 */
export const replaceStateSchema = z.object({
  members: z.array(replacedSchema),
  keepOld: z.boolean(),
  /** When it was begun, by our clock: the creates are asked for right after. */
  askedAt: z.number(),
  warnings: z.array(z.string()),
  /** Old ones that are still there at the end, by name. */
  left: z.array(z.string()),
})
export type ReplaceState = z.infer<typeof replaceStateSchema>

interface ReplaceWork {
  /** Creates the new one of a member; those before it have theirs. */
  make(engine: EngineClient, member: Replaced): Promise<{ id: string; warnings: string[] }>
  progress(bars: TaskStep['progress']): void
}

/** Milliseconds for which a container that has to run again is tried, beyond the time that its stop may take. */
const patienceMs = 120_000

/**
 * The way from the old containers to the new ones. The old keep their names aside, are stopped only when the new exist, and
 * go only when those run (and are not unhealthy).
 */
export function replacement(state: ReplaceState, { make, progress }: ReplaceWork): Change {
  const { members, keepOld, askedAt } = state
  const running = members.filter(({ ran }) => ran)
  const isOurs = (id: string) => members.some((member) => member.id === id)
  /**
   * A create whose answer never came may have made one, or may still do so. It is known by the name, which was free before,
   * and by never having been started: whoever else took that name meanwhile keeps it otherwise.
   */
  const removeNew = async (engine: EngineClient, member: Replaced) => {
    const { newId, name, newName, isRefused, isAnswered } = member
    // A late one cannot be made any more once the old one has its name again; where the names differ it has to be waited for.
    const find = () =>
      isAnswered || name === newName ? neverStarted(engine, newName) : madeLate(engine, newName, askedAt)
    const found = newId ?? (isRefused ? undefined : await find())
    if (found && !isOurs(found)) await engine.containers.remove(found, { force: true, volumes: false })
  }
  const putBackName = async (engine: EngineClient, member: Replaced) => {
    const now = await engine.containers.read(member.id)
    if (!now) throw new AppError('container_not_found', { objectId: member.id })
    if (now.name === member.name) return
    if (!member.newId) await removeNew(engine, member)
    await engine.containers.rename(member.id, member.name)
  }
  const steps = [
    ...members.map(
      (member): ChangeStep => ({
        name: `rename ${member.name}`,
        do: async (engine, signal) =>
          void (await engine.containers.rename(member.id, member.aside, { signal })),
        undo: (engine) => putBackName(engine, member),
      }),
    ),
    ...members.map(
      (member): ChangeStep => ({
        name: `create ${member.name}`,
        async do(engine, signal) {
          const { id, warnings } = await make(engine, member).catch((error) => {
            member.isRefused = isNameTaken(error)
            member.isAnswered = !isAnswerLost(error, signal)
            throw error
          })
          member.newId = id
          state.warnings.push(...warnings)
        },
        undo: (engine) => removeNew(engine, member),
      }),
    ),
    ...running.toReversed().map(
      (member): ChangeStep => ({
        name: `stop ${member.name}`,
        do: (engine, signal) => stop(engine, member, signal, progress),
        undo: (engine) => runAgain(engine, member.id),
        patienceMs: member.stopSeconds * 1000 + patienceMs,
      }),
    ),
    ...running.map(
      (member): ChangeStep => ({
        name: `start ${member.name}`,
        async do(engine, signal) {
          await engine.containers.start(String(member.newId), { signal })
          await untilSettled(engine, String(member.newId), signal)
        },
        // Before an old one runs again: the new one has its ports and addresses.
        undo: (engine) => removeNew(engine, member),
      }),
    ),
  ]
  // Of those that depend on others first: Podman removes none that others need.
  const finish = members.toReversed().map(
    ({ id, aside }): ChangeStep => ({
      name: `remove ${aside}`,
      async do(engine) {
        if (!keepOld) await engine.containers.remove(id, { force: true, volumes: false })
      },
    }),
  )
  /** The old ones of which something is still to put back, as people find them at the host. */
  const old = (begun: readonly string[]) => {
    const stopped = running.filter(({ name }) => begun.includes(`stop ${name}`))
    const renamed = members.filter(({ name }) => begun.includes(`rename ${name}`))
    const names = (some: readonly Replaced[]) =>
      some.map((one) => (renamed.includes(one) ? one.aside : one.name)).join(', ')
    return stopped.length > 0 ? { down: names(stopped) } : { aside: names(renamed) }
  }
  return {
    state,
    steps,
    finish,
    waits(begun, host) {
      const all = members.map(({ aside }) => aside).join(', ')
      if (begun === null) return new AppError('recreate_removal_waits', { params: { container: all, host } })
      const { down, aside } = old(begun)
      return down
        ? new AppError('recreate_waits', { params: { container: down, host } })
        : new AppError('recreate_name_waits', { params: { container: aside || all, host } })
    },
    left(begun, host) {
      const { down, aside } = old(begun)
      if (down) return new AppError('recreate_left_down', { params: { container: down, host } })
      const container = aside || members.map(({ newName }) => newName).join(', ')
      return new AppError(aside ? 'recreate_left_aside' : 'recreate_left_new', {
        params: { container, host },
      })
    },
    leftToFinish: (step) => void state.left.unshift(step.slice('remove '.length)),
  }
}

/** Facts of the outcome. */
export function replaceResult({
  members,
  keepOld,
  warnings,
  left,
}: ReplaceState): TaskResult<'containers.recreate'> {
  const old = keepOld ? members.map(({ aside }) => aside) : left
  const others = members.slice(1).map(({ name }) => name)
  return {
    containerId: String(members[0]?.newId),
    ...(others.length > 0 ? { alsoRecreated: others.join(', ') } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.join(' ') } : {}),
    ...(old.length > 0 ? { old: old.join(', ') } : {}),
  }
}

/** Stops the old one and shows how long that may take. */
async function stop(
  engine: EngineClient,
  { id, name, stopSeconds }: Replaced,
  signal: AbortSignal,
  progress: ReplaceWork['progress'],
): Promise<void> {
  const began = Date.now()
  const show = () => {
    const current = Math.min(Math.round((Date.now() - began) / 1000), stopSeconds)
    progress([{ id, label: `Stopping ${name}, up to ${stopSeconds} s`, current, total: stopSeconds }])
  }
  show()
  const timer = setInterval(show, 1000)
  try {
    await engine.containers.stop(id, {}, { signal })
  } finally {
    clearInterval(timer)
    progress([])
  }
}
