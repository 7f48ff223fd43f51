import type { Volume } from '#lib/contracts/volumes.ts'
import { volumeSchema } from '#lib/contracts/volumes.ts'
import { fullId } from './compat.ts'
import { type EngineContext, given, listing, timeouts } from './context.ts'
import { readRows } from './document.ts'
import { understood } from './errors.ts'
import { findOr404 } from './find.ts'
import { fromVolume } from './normalise.ts'
import { segments, sendForJson } from './request.ts'
import type { CallOptions, ListOptions, Local } from './types.ts'

export interface VolumeCalls {
  list(options?: ListOptions): Promise<Local<Volume>[]>
  /** Null where it is not there. */
  find(
    name: string,
    options?: CallOptions,
  ): Promise<{ name: string; driver: string; options: Record<string, string> } | null>
  /** Ids of the containers that have it, running or not. */
  users(name: string, options?: CallOptions): Promise<string[]>
  /** Never one in use. Throws conflict, volume_in_use. */
  remove(name: string, options?: CallOptions): Promise<void>
}

const schema = volumeSchema.omit({ hostId: true })

export function createVolumeCalls(context: EngineContext): VolumeCalls {
  const { transport, docker, json } = context
  return {
    async list(options) {
      const answer = await json<{ Volumes?: unknown; message?: unknown } | null>(
        docker('/volumes'),
        listing,
        options,
      )
      // Null for none; a document without the field is no answer to this.
      const isList = typeof answer === 'object' && answer !== null && 'Volumes' in answer
      const volumes = isList ? answer.Volumes : (answer ?? {})
      return readRows(volumes, 'GET /volumes', fromVolume, schema, options?.odd)
    },
    find: (name, options) =>
      findOr404<
        { Name: string; Driver: string; Options?: Record<string, string> | null },
        { name: string; driver: string; options: Record<string, string> }
      >(context, `/volumes/${segments(name)}`, options, (raw) => ({
        name: String(raw.Name),
        driver: String(raw.Driver),
        options: raw.Options ?? {},
      })),
    async users(name, options) {
      const query = { all: true, filters: JSON.stringify({ volume: [name] }) }
      const rows = await json<{ Id: string }[] | null>(docker('/containers/json'), { query }, options)
      return understood(() => (rows ?? []).map(({ Id }) => fullId(Id)))
    },
    async remove(name, options) {
      await sendForJson(transport, {
        method: 'DELETE',
        path: docker(`/volumes/${segments(name)}`),
        subject: 'engine',
        timeoutMs: timeouts.change,
        ...given(options),
      })
    },
  }
}
