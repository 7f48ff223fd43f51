import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { AppError } from '../../errors.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../../tasks/types.ts'
import { type CreateParts, labelsOf, refuseFaults, restrictBodyOf } from './create.ts'
import { provideImage } from './provide-image.ts'
import { recreateContainer } from './recreate-run.ts'
import { replacement, replaceResult, replaceStateSchema } from './replace.ts'
import { refuseRestricted } from './restricted-spec.ts'

export const recreateKind = 'containers.recreate'

/**
 * Makes a container anew in place of an old one, and with it those that share a namespace with it. Until the new ones run
 * everything is put back when something fails or is cancelled, also after a crash of ours or of the way to the host; from
 * then on the old ones are removed.
 */
export function recreateTask(parts: CreateParts): TaskDefinition {
  const { registry, registries, authorize, fleet, authorizeChange, policy } = parts
  return defineTask({
    kind: recreateKind,
    params: ({ name }) => ({ name }),
    plan({ hostId, pull, ...input }, principal) {
      const { containerId, spec, name } = input
      refuseFaults(spec)
      if (policy.restricts(principal, hostId)) refuseRestricted(spec)
      const before = fleet.get('containers', hostId, containerId)
      if (before)
        authorizeChange(principal, hostId, {
          before,
          after: { name: spec.name ?? before.name, labels: labelsOf(fleet, hostId, spec) },
        })
      const run = async (context: StepContext) => {
        const { signal, progress, carryOut } = context
        const engine = registry.engine(hostId)
        return recreateContainer(engine, input, {
          signal,
          progress,
          carryOut,
          mayReplace(objectId) {
            authorizeAct(authorize, principal, 'container.recreate', { hostId, objectId })
          },
          provideImage() {
            const mayPull = () => authorizeAct(authorize, principal, 'image.pull', { hostId })
            const wanted = { reference: spec.image, platform: spec.platform, pull }
            return provideImage({ registries, hostId, mayPull }, engine, wanted, context)
          },
          restrictBodyOf: (called, labels) =>
            restrictBodyOf(policy, engine, { principal, hostId, name: called, labels }, signal),
        })
      }
      const key = `recreate ${hostId}/${containerId}`
      const step: PlannedStep<TaskResult<'containers.recreate'>> = {
        key,
        hostId,
        objectId: containerId,
        subject: name,
        verb: 'recreate',
        act: 'container.recreate',
        run,
      }
      return [step]
    },
    takeUp(given) {
      const state = replaceStateSchema.parse(given)
      const make = () => Promise.reject(new AppError('shutting_down'))
      return {
        act: 'container.recreate',
        change: replacement(state, { make, progress() {} }),
        result: () => replaceResult(state),
      }
    },
  })
}
