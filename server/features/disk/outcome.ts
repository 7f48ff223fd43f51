import { pruneInputSchema } from '#lib/contracts/disk.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { KnownEnd } from '../../tasks/change.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import type { TakenUp } from '../../tasks/types.ts'
import { findImage } from '../images/there.ts'

type Host = ReturnType<typeof hostSchema.parse>
const hostSchema = pruneInputSchema.shape.hosts.element

/** Milliseconds for which an engine may go on with a removal whose caller went. */
const lateRemovalsMs = 3000

/** What came of a prune that the server's end has cut: which of what it was to remove is not there any more. */
export function takenUpPrune(given: unknown): TakenUp<TaskResult<'prune'>> {
  const state = hostSchema.parse(given)
  return inquiry({
    act: 'host.view',
    subject: 'prune',
    state,
    patienceMs: lateRemovalsMs,
    async look(engine) {
      const asked = await countAsked(engine, state)
      const counts = Object.values(asked)
      const gone = counts.reduce((sum, one) => sum + one.gone, 0)
      const left = counts.reduce((sum, one) => sum + one.left, 0)
      if (gone === 0 && left > 0) throw notDone()
      if (left > 0) throw new KnownEnd('prune_unfinished', { params: { gone, left } })
      // It comes last, and an engine does not tell whether it was emptied or refilled since.
      if (state.buildCache) throw new AppError('build_cache_unknown', { params: { gone } })
      return Object.fromEntries(
        Object.entries(asked).flatMap(([kind, one]) => (one.gone > 0 ? [[kind, one.gone]] : [])),
      )
    },
  })
}

async function countAsked(
  engine: EngineClient,
  { containers, images, volumes, networks }: Host,
): Promise<Record<'containers' | 'images' | 'volumes' | 'networks', { gone: number; left: number }>> {
  const counted = (asked: readonly string[], isThere: (id: string) => boolean) => {
    const left = asked.filter(isThere).length
    return { gone: asked.length - left, left }
  }
  const has = (list: readonly { id?: string; name?: string }[]) => {
    const known = new Set(list.flatMap(({ id, name }) => [id, name]))
    return (id: string) => known.has(id)
  }
  const imagesThere = new Set<string>()
  for (const id of images) if (await findImage(engine, id)) imagesThere.add(id)
  return {
    containers: counted(containers, has(await engine.containers.list())),
    images: counted(images, (id) => imagesThere.has(id)),
    volumes: counted(volumes, has(await engine.volumes.list())),
    networks: counted(networks, has(await engine.networks.list())),
  }
}
