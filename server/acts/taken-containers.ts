import type { Taking } from '#lib/acts.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { isUnknowing } from '../audit/service.ts'
import type { EngineClient, Local } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { holderOf } from './taken-name.ts'

type Row = Local<Container>
type Engine = Pick<EngineClient, 'containers' | 'images' | 'networks' | 'volumes' | 'pods'>

/** States of containers that are at work: no prune takes them. */
const atWork: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])
/** Characters of names in one entry of the audit log; the others are counted. */
const mostNamed = 3500

/**
 * Does what takes containers that it does not name, and tells their names for the audit log: also when it fails in the
 * middle, or when nobody knows what became of it. Throws what `work` throws, and what keeps the engine from telling of them
 * beforehand: then `work` was not begun.
 * @param named what the removal names: images by any reference, or a network, volume or pod by name or id
 * @param signal its reason is thrown in place of beginning; what was begun goes on
 * @param tell called at most once, and before this ends: with words for the log, and with those that are gone
 */
export async function withTaken<T>(
  engine: Engine,
  { taking, named }: { taking: Taking; named: readonly string[] },
  tell: (words: string, gone: Row[]) => void,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const before = await reachOf(engine, taking, named)
  signal?.throwIfAborted()
  const look = async (error?: unknown) => {
    if (before.length === 0) return
    const left = await idsNow(engine)
    // Without an answer the engine may still be at it; without a list nobody knows at all.
    const isUnsure = error !== undefined && (!(error instanceof AppError) || isUnknowing(error.code))
    const gone = before.filter(({ id }) => left && !left.has(id))
    const open = before.filter(({ id }) => !left || (isUnsure && left.has(id)))
    const said = taking === 'any' ? 'containers gone meanwhile' : 'containers gone with it'
    const words = [
      ...(gone.length > 0 ? [`${said}: ${listed(gone)}`] : []),
      ...(open.length > 0 ? [`containers that may be gone with it: ${listed(open)}`] : []),
    ]
    if (words.length > 0) tell(words.join('; '), gone)
  }
  let result: T
  try {
    result = await work()
  } catch (error) {
    await look(error)
    throw error
  }
  await look()
  return result
}

async function idsNow(engine: Engine): Promise<Set<string> | null> {
  const rows = await engine.containers.list().catch(() => null)
  return rows && new Set(rows.map(({ id }) => id))
}

/** Those that it can take: what others remove meanwhile is theirs. */
async function reachOf(engine: Engine, taking: Taking, named: readonly string[]): Promise<Row[]> {
  const all = await engine.containers.list()
  const isOf = await belongs(engine, taking, named)
  const direct = all.filter(isOf)
  // With the container that holds a pod together goes the whole pod (`removePod` of libpod).
  const pods = new Set(direct.flatMap(({ podId }) => podId ?? []))
  return all.filter((row) => direct.includes(row) || (row.podId !== null && pods.has(row.podId)))
}

/** A row that cannot be read keeps nobody from removing another one. */
const odd = () => {}

async function belongs(
  engine: Engine,
  taking: Taking,
  named: readonly string[],
): Promise<(row: Row) => boolean> {
  // Podman finds networks, volumes and pods by the beginning of what they are called, too.
  const called = ({ id, name = id }: { id: string; name?: string }) =>
    named.some((given) => name.startsWith(given) || id.startsWith(given))
  switch (taking) {
    case 'any':
      return () => true
    case 'ended':
      return ({ state }) => !atWork.has(state)
    case 'ofImage': {
      const ids = new Set(await Promise.all(named.map((reference) => holderOf(engine, reference))))
      return ({ imageId }) => ids.has(imageId)
    }
    case 'ofNetwork': {
      const found = (await engine.networks.list({ odd })).filter(called)
      const names = new Set([...named, ...found.map(({ name }) => name)])
      return ({ networks }) => networks.some((name) => names.has(name))
    }
    case 'ofVolume': {
      const found = (await engine.volumes.list({ odd })).filter(called)
      const names = new Set([...named, ...found.map(({ id }) => id)])
      const users = new Set((await Promise.all([...names].map((name) => engine.volumes.users(name)))).flat())
      return ({ id }) => users.has(id)
    }
    case 'ofPod': {
      const pods = new Set((await engine.pods.list({ odd })).filter(called).map(({ id }) => id))
      return ({ podId }) => podId !== null && pods.has(podId)
    }
  }
}

function listed(rows: readonly Row[]): string {
  const names = rows.map(({ name }) => name)
  let room = mostNamed
  const kept = names.filter((name) => {
    room -= name.length + 2
    return room >= 0
  })
  const more = names.length - kept.length
  return more > 0 ? `${kept.join(', ')} and ${more} more` : kept.join(', ')
}
