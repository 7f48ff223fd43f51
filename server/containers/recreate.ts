import { setTimeout as sleep } from 'node:timers/promises'
import { recreatePermissions } from '#lib/container-rules.ts'
import { type ContainerSpec, recreateTaskInputSchema } from '#lib/contracts/container-create.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { EngineClient, Local } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../tasks/types.ts'
import { type CreateParts, holdOf, labelsOf, makeContainer, refuseFaults } from './create.ts'
import { refuseUnheld } from './held.ts'
import type { Inspected } from './kept-fields.ts'
import { provideImage } from './provide-image.ts'
import { isAnonymous, specFromInspect } from './spec-from-inspect.ts'

export const recreateKind = 'containers.recreate'

/** Milliseconds that a container has to stay up to count as running; one with a health check gets longer to say so. */
const settleMs = 3000
const healthMs = 90_000
const pollMs = 300

/**
 * Makes a container anew in place of an old one. The old one keeps its name aside, is stopped only when the new one
 * exists, and goes only when that runs (and is not unhealthy); until then everything is put back when something fails or
 * is cancelled. Cut by a crash of ours, the old one is there under `<name>-old-<id>`.
 */
export function recreateTask(parts: CreateParts): TaskDefinition {
  const { registry, registries, authorize, fleet, authorizeChange, policy } = parts
  return defineTask({
    kind: recreateKind,
    input: recreateTaskInputSchema,
    params: ({ name }) => ({ name }),
    plan({ hostId, containerId, spec, pull, keepOld, name }, principal) {
      refuseFaults(spec)
      if (policy.restricts(principal, hostId)) refuseUnheld(spec)
      const before = fleet.get('containers', hostId, containerId)
      if (before)
        authorizeChange(principal, hostId, {
          ...{ before, after: { name: spec.name ?? before.name, labels: labelsOf(fleet, hostId, spec) } },
        })
      const run = async (context: StepContext) => {
        for (const permission of recreatePermissions)
          authorize(principal, permission, { hostId, objectId: containerId })
        const engine = registry.engine(hostId)
        const old = (await engine.inspectContainer(containerId)) as unknown as Inspected
        refuseIrreplaceable(old, await engine.readContainer(containerId))
        const mayPull = () => authorize(principal, 'images.pull', { hostId })
        const wish = { reference: spec.image, platform: spec.platform, pull }
        await provideImage({ registries, mayPull }, engine, wish, context)
        const flavour = engine.info?.flavour ?? 'docker'
        const { kept } = specFromInspect(old, null, flavour)
        const mounts = withAnonymousVolumes(old, spec.mounts)
        const maker = { principal, hostId, name: spec.name ?? name, labels: old.Config.Labels ?? {} }
        const hold = holdOf(policy, engine, maker, context.signal)
        const make = () => makeContainer(engine, { ...spec, mounts }, kept, { hold, signal: context.signal })
        return replace(engine, old, make, { keepOld, signal: context.signal })
      }
      const key = `recreate ${hostId}/${containerId}`
      const step: PlannedStep = {
        ...{ key, hostId, objectId: containerId, subject: name, verb: 'recreate' },
        ...{ permission: 'containers.create', run },
      }
      return [step]
    },
  })
}

/** Throws recreate_auto_remove, recreate_in_pod. */
function refuseIrreplaceable({ HostConfig }: Inspected, row: Local<Container> | null): void {
  if (HostConfig.AutoRemove) throw new AppError('recreate_auto_remove')
  if (row?.podId) throw new AppError('recreate_in_pod')
}

/** Volumes without a name of their own hold data all the same: they go over to the new container, as compose does it. */
function withAnonymousVolumes(
  { Mounts }: Inspected,
  wanted: ContainerSpec['mounts'],
): ContainerSpec['mounts'] {
  const taken = new Set(wanted.filter(({ type, source }) => type !== 'volume' || source !== '').map(targetOf))
  const kept = (Mounts ?? []).flatMap(({ Type, Name = '', Destination, RW }) =>
    Type === 'volume' && isAnonymous(Name) && !taken.has(Destination)
      ? [{ type: 'volume' as const, source: Name, target: Destination, readOnly: RW === false, options: [] }]
      : [],
  )
  const carried = new Set(kept.map(targetOf))
  return [...wanted.filter(({ target, source }) => source !== '' || !carried.has(target)), ...kept]
}

const targetOf = ({ target }: { target: string }) => target

async function replace(
  engine: EngineClient,
  old: Inspected,
  make: () => Promise<{ id: string; warnings: string[] }>,
  { keepOld, signal }: { keepOld: boolean; signal: AbortSignal },
): Promise<Record<string, string>> {
  const name = old.Name.replace(/^\//, '')
  const aside = `${name}-old-${old.Id.slice(0, 6)}`
  const ran = old.State?.Running === true
  /** What puts everything back, last thing first. */
  const undo: (() => Promise<unknown>)[] = []
  try {
    signal.throwIfAborted()
    await engine.renameContainer(old.Id, aside)
    undo.unshift(() => engine.renameContainer(old.Id, name))
    const { id, warnings } = await make()
    undo.unshift(() => engine.removeContainer(id, { force: true, volumes: false }))
    if (ran) {
      // Before the stop is sent: cut in the middle of it, the old one may be down as well.
      undo.splice(1, 0, () => engine.startContainer(old.Id))
      await engine.stopContainer(old.Id, {})
      await engine.startContainer(id)
      await untilSettled(engine, id, signal)
    }
    // From here on there is no way back, and no need of one.
    undo.length = 0
    const result: Record<string, string> = { containerId: id }
    if (warnings.length > 0) result.warnings = warnings.join(' ')
    if (keepOld) result.old = aside
    else
      await engine.removeContainer(old.Id, { force: true, volumes: false }).catch(() => (result.old = aside))
    return result
  } catch (error) {
    const failures: string[] = []
    for (const step of undo) await step().catch((failed: Error) => failures.push(failed.message))
    if (!(error instanceof AppError) || failures.length === 0) throw error
    // What could not be put back is said with what went wrong first.
    const detail = [error.context.detail, ...failures].filter(Boolean).join('\n')
    throw new AppError(error.code, { ...error.context, detail, cause: error })
  }
}

/** Throws container_stopped_at_once with its last lines, container_unhealthy with its last check. */
async function untilSettled(engine: EngineClient, id: string, signal: AbortSignal): Promise<void> {
  const began = Date.now()
  for (;;) {
    signal.throwIfAborted()
    const now = await engine.readContainer(id)
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
    const document = (await engine.inspectContainer(id)) as { Config?: { Tty?: boolean } }
    const tty = document.Config?.Tty === true
    const lines: string[] = []
    for await (const line of await engine.containerLogs(id, { tty, follow: false, tail: 10, signal }))
      lines.push(line.text.slice(0, 300))
    return lines.join('\n')
  } catch {
    return ''
  }
}

async function lastCheck(engine: EngineClient, id: string): Promise<string> {
  const document = (await engine.inspectContainer(id)) as {
    State?: { Health?: { Log?: { Output?: string }[] | null } }
  }
  return document.State?.Health?.Log?.at(-1)?.Output?.slice(0, 1000) ?? ''
}
