import { asideName } from '#lib/access.ts'
import type { ContainerSpec, RecreateTaskInput } from '#lib/contracts/container-create.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { TaskStep } from '#lib/contracts/tasks.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { Change } from '../../tasks/change.ts'
import { withAnonymousVolumes } from './anonymous-volumes.ts'
import { makeContainer } from './create.ts'
import { createBody } from './create-body.ts'
import { dependentsOf, type NewTarget, withNewTargets } from './dependents.ts'
import { dockerBody } from './docker-document.ts'
import { type Known, lostOf, readKnown } from './known.ts'
import { libpodAgain, withNewLibpodTargets } from './libpod-again.ts'
import { type LibpodInspect, libpodExtras } from './libpod-document.ts'
import { refuseTakenName } from './name.ts'
import { type Replaced, type ReplaceState, replacement, replaceResult } from './replace.ts'
import type { RestrictBody } from './restricted-spec.ts'
import { withUnnamed } from './unnamed.ts'

/** Seconds that engines give a container to stop when nothing is said. */
const usualStopSeconds = 10

/** What a recreate asks of those around it. */
export interface Around {
  signal: AbortSignal
  progress(bars: TaskStep['progress']): void
  /** Throws what a step met, when everything is put back; a KnownEnd where it is not. */
  carryOut(change: Change): Promise<void>
  /** Throws when the person may not have this container made anew. */
  mayReplace(containerId: string): void
  /** Sees to it that the image of the new one is there. */
  provideImage(): Promise<void>
  /** What the body of a container of that name goes through, made in place of one with those labels. */
  restrictBodyOf(name: string, labels: Record<string, string>): RestrictBody | null
}

/**
 * Makes a container anew with what was changed in the form, and with it those that share a namespace with it. Resolves with
 * the facts of the outcome. Throws recreate_would_lose before anything happened, recreate_dependent, recreate_auto_remove,
 * recreate_in_pod, and what the new one met; everything is then as it was, or recreate_left_down.
 */
export async function recreateContainer(
  engine: EngineClient,
  { containerId, spec, keepOld, accepted, name }: Omit<RecreateTaskInput, 'hostId' | 'pull'>,
  around: Around,
): Promise<TaskResult<'containers.recreate'>> {
  const { signal, mayReplace } = around
  mayReplace(containerId)
  const old = await readKnown(engine, containerId, signal)
  await refuseIrreplaceable(engine, old)
  const lost = lostOf(old).filter((one) => !accepted.includes(one))
  if (lost.length > 0) throw new AppError('recreate_would_lose', { params: { fields: lost.join(', ') } })
  if (spec.name && spec.name !== old.inspect.Name.replace(/^\//, ''))
    await refuseTakenName(engine, spec.name, signal)
  const others = await readDependents(engine, old, mayReplace, signal)
  await around.provideImage()
  const wanted = new Map<string, { known: Known; spec: ContainerSpec }>([
    [old.inspect.Id, { known: old, spec: { ...withUnnamed(spec, old.spec), name: spec.name ?? name } }],
    ...others.map((known) => [known.inspect.Id, { known, spec: known.spec }] as const),
  ])
  const members = [...wanted.values()].map(({ known, spec: asked }) => replacedOf(known, asked))
  const state: ReplaceState = { members, keepOld, askedAt: Date.now(), warnings: [], left: [] }
  const make = async (at: EngineClient, member: Replaced) => {
    const { known, spec: asked } = wanted.get(member.id) as { known: Known; spec: ContainerSpec }
    const mounts = withAnonymousVolumes(known.inspect, asked.mounts)
    const targets = members.flatMap(({ id, newId }) => {
      const target = wanted.get(id)
      if (!newId || !target) return []
      return [
        { id, name: target.known.inspect.Name.replace(/^\//, ''), newId, newName: target.spec.name ?? '' },
      ]
    })
    return makeAgain(at, known, { ...asked, mounts }, targets, around)
  }
  await around.carryOut(replacement(state, { make, progress: around.progress }))
  return replaceResult(state)
}

/** Throws recreate_auto_remove, recreate_in_pod. */
async function refuseIrreplaceable(engine: EngineClient, { inspect }: Known): Promise<void> {
  if (inspect.HostConfig.AutoRemove) throw new AppError('recreate_auto_remove')
  const row = await engine.containers.read(inspect.Id)
  if (row?.podId) throw new AppError('recreate_in_pod')
}

/**
 * Those that have to be made anew too. Throws recreate_dependent with the reason where one can't be, and what `mayReplace`
 * throws.
 */
async function readDependents(
  engine: EngineClient,
  old: Known,
  mayReplace: (id: string) => void,
  signal: AbortSignal,
): Promise<Known[]> {
  const found: Known[] = []
  for (const { id, name } of await dependentsOf(engine, old.inspect, signal)) {
    try {
      mayReplace(id)
    } catch (error) {
      // One that they do not see is not named to them.
      const isHidden = error instanceof AppError && error.code === 'container_not_found'
      throw isHidden ? new AppError('recreate_dependent', { params: { name: '?' }, cause: error }) : error
    }
    const known = await readKnown(engine, id, signal)
    try {
      await refuseIrreplaceable(engine, known)
      const lost = lostOf(known)
      if (lost.length > 0) throw new AppError('recreate_would_lose', { params: { fields: lost.join(', ') } })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      throw new AppError('recreate_dependent', { params: { name }, detail: error.message, cause: error })
    }
    // Its tag may be another image by now, and nobody asked for that one.
    const tagged = await engine.images.inspect(known.spec.image, { signal }).catch(() => null)
    const isSame = tagged?.Id === known.inspect.Image
    found.push(isSame ? known : { ...known, spec: { ...known.spec, image: known.inspect.Image } })
  }
  return found
}

function replacedOf({ inspect: { Id: id, Name, State, Config } }: Known, spec: ContainerSpec): Replaced {
  const name = Name.replace(/^\//, '')
  return {
    id,
    name,
    newName: spec.name ?? name,
    aside: asideName({ id, name }),
    ran: State?.Running === true,
    stopSeconds: Config.StopTimeout ?? usualStopSeconds,
  }
}

async function makeAgain(
  engine: EngineClient,
  known: Known,
  spec: ContainerSpec,
  targets: readonly NewTarget[],
  { restrictBodyOf, signal }: Around,
): Promise<{ id: string; warnings: string[] }> {
  const restrictBody = restrictBodyOf(spec.name ?? '', known.inspect.Config.Labels ?? {})
  // Who is held to a policy makes what Docker's schema can say, and is told where that is less.
  if (known.libpod && restrictBody) refuseBeyondForm(known.libpod)
  if (known.libpod && !restrictBody) {
    const body = withNewLibpodTargets(libpodAgain({ spec: known.spec, libpod: known.libpod }, spec), targets)
    return engine.containers.createLibpod(body, { signal })
  }
  const body = known.libpod ? createBody(spec) : dockerBody(known, spec)
  return makeContainer(engine, spec, withNewTargets(body, targets), { restrictBody, signal })
}

/** Throws policy_field with what such a container has beyond the form. */
function refuseBeyondForm(libpod: LibpodInspect): void {
  const { fields, told } = libpodExtras(libpod)
  const field = ['idmappings', 'image_volumes', 'secrets', 'dependencyContainers', 'annotations'].find(
    (name) => name in fields,
  )
  const beyond = field ?? told.find(({ name }) => !['network', 'ip', 'network-alias'].includes(name))?.name
  if (beyond) throw new AppError('policy_field', { params: { field: beyond, reason: 'refused' } })
}
