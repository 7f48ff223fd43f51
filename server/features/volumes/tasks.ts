import { z } from 'zod'
import type { ActName } from '#lib/acts.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { volumeCreateSchema } from '#lib/contracts/volumes.ts'
import { driverOptions } from '#lib/volumes/driver-options.ts'
import { powerOfVolume } from '../../create-policy/volume.ts'
import type { NewVolume } from '../../engine/volumes.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import { defineTask, type PlannedStep, type TaskDefinition } from '../../tasks/types.ts'

export const createKind = 'volumes.create'
export const removeKind = 'volumes.remove'

/** Every form is one of the driver that each engine has. */
const driver = 'local'

/** What an engine is asked to make for a form. */
export function newVolume({
  name,
  form,
  labels,
}: Pick<z.output<typeof volumeCreateSchema>, 'name' | 'form' | 'labels'>): NewVolume {
  return {
    name,
    driver,
    options: driverOptions(form),
    labels: Object.fromEntries(labels.map((label) => [label.name, label.value])),
  }
}

/** By the table of acts: what reaches its host is another one. */
export function actOfVolume({ name, options }: NewVolume): ActName {
  const body = { Name: name, Driver: driver, DriverOpts: options }
  return powerOfVolume(body) === null ? 'volume.create' : 'volume.createMounting'
}

const keptSchema = z.object({ act: z.enum(['volume.create', 'volume.createMounting']), name: z.string() })

/** Makes the same volume on each of several hosts, a step for each. */
export function createVolumesTask({ registry }: { registry: HostRegistry }): TaskDefinition {
  return defineTask({
    kind: createKind,
    params: ({ name, hostIds }) => ({ name, count: hostIds.length }),
    plan(input) {
      const volume = newVolume(input)
      const act = actOfVolume(volume)
      const { name } = volume
      return [...new Set(input.hostIds)].map(
        (hostId): PlannedStep<TaskResult<'volumes.create'>> => ({
          key: `create ${hostId}`,
          hostId,
          subject: name,
          verb: 'create',
          act,
          kept: () => ({ act, name }),
          async run({ signal }) {
            await registry.engine(hostId).volumes.create(volume, { signal })
          },
        }),
      )
    },
    takeUp(given) {
      const state = keptSchema.parse(given)
      const { act, name } = state
      return inquiry({
        act,
        subject: name,
        state,
        async look(engine) {
          if (!(await engine.volumes.findExact(name))) throw notDone()
          return {}
        },
      })
    },
  })
}

/** Milliseconds for which an engine may go on with a removal whose caller went. */
const lateRemovalMs = 3000

/** Removes volumes, each by itself: one whose share hangs, or that is in use again, keeps the others from nothing. */
export function removeVolumesTask({ registry }: { registry: HostRegistry }): TaskDefinition {
  return defineTask({
    kind: removeKind,
    params: ({ volumes }) => ({ name: volumes[0]?.name ?? '', count: volumes.length }),
    plan: ({ volumes }) =>
      volumes.map(
        ({ hostId, name }): PlannedStep<TaskResult<'volumes.remove'>> => ({
          key: `remove ${hostId}/${name}`,
          hostId,
          objectId: name,
          subject: name,
          verb: 'remove',
          act: 'volume.remove',
          kept: () => ({ name }),
          async run({ signal }) {
            await registry.engine(hostId).volumes.remove(name, { signal })
          },
        }),
      ),
    takeUp(given) {
      const state = z.object({ name: z.string() }).parse(given)
      return inquiry({
        act: 'volume.remove',
        subject: state.name,
        state,
        patienceMs: lateRemovalMs,
        async look(engine) {
          if (await engine.volumes.findExact(state.name)) throw notDone()
          return {}
        },
      })
    },
  })
}
