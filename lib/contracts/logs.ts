import { z } from 'zod'
import { maximumSources } from '../logs/limits.ts'
import { apiErrorSchema, containerIdSchema, hostIdSchema } from './common.ts'

export { maximumSources }

/**
 * The log socket, `GET /api/logs` (WebSocket, JSON text frames). The browser opens one for each view and sends `open`;
 * the server answers with `sources`, then `lines` in time order over all sources. Of a chosen container's log nothing
 * is lost or doubled over cuts: the browser comes back with the last position of each source.
 *
 * Order: by the engines' timestamps, within one container always as the engine has them. A live line waits
 * `orderWindowMs` for earlier ones of the other sources; what comes later than that is shown when it comes.
 * Podman (4.3 and 5.4) tells whole seconds only: between containers the order within a second is arrival.
 */
export const orderWindowMs = 400

/** Lines on their way to a browser that it has not taken yet. Above it the engines are not read on. */
export const creditLines = 5000
/** Podman allocates as many slots as are asked for. */
export const maximumTail = 10_000
export const maximumOlder = 1000

/** Nanoseconds since the epoch, as a decimal string. */
export const nanoSchema = z.string().regex(/^\d{1,19}$/)

/**
 * A place in one container's log: `skip` lines at or after `since`, in the engine's order, are behind it; the last of
 * them has the time `last`. Survives a cut, another server process, and timestamps of whole seconds.
 */
export const logPositionSchema = z.object({ since: nanoSchema, skip: z.int().min(0), last: nanoSchema })
export type LogPosition = z.infer<typeof logPositionSchema>

const refSchema = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
export const logSelectionSchema = z.union([
  z.object({ containers: z.array(refSchema).min(1).max(maximumSources) }),
  /** As on the Containers page; keeps matching containers that come. */
  z.object({ filter: z.string().max(1000) }),
])
export type LogSelection = z.infer<typeof logSelectionSchema>

export const logOptionsSchema = z.object({
  follow: z.boolean().default(true),
  /** Last lines of each container to begin with; with `since` absent. */
  tail: z.int().min(0).max(maximumTail).default(500),
  since: nanoSchema.optional(),
  until: nanoSchema.optional(),
  stdout: z.boolean().default(true),
  stderr: z.boolean().default(true),
})
export type LogOptions = z.input<typeof logOptionsSchema>

export const logClientFrameSchema = z.discriminatedUnion('type', [
  logOptionsSchema.extend({
    type: z.literal('open'),
    selection: logSelectionSchema,
    /** After a cut: by `hostId/containerId`. */
    resume: z.record(z.string().max(90), logPositionSchema).optional(),
  }),
  /** So many lines were taken into the page. */
  z.object({ type: z.literal('taken'), lines: z.int().min(1) }),
  /** Lines before the first shown of a source. */
  z.object({
    type: z.literal('older'),
    source: z.int().min(0),
    /** Of the first line that the page has of it. */
    before: nanoSchema,
    /** Lines of that very time that come before it, of the streams shown; absent where the page knows of none. */
    skip: z.int().min(0).optional(),
    /** Lines that the page has of it from there on. */
    shown: z.int().min(0),
    limit: z.int().min(1).max(maximumOlder).default(500),
  }),
])
export type LogClientFrame = z.input<typeof logClientFrameSchema>

export const logSourceStates = [
  /** The lines that were there are being read. */
  'reading',
  'following',
  /** The container does not run; its log goes on when it starts again. */
  'stopped',
  /** The host does not answer; its log goes on from the same place. */
  'away',
  /** Its logging driver cannot be read, or another error that waiting does not heal. */
  'failed',
  /** Read to the end, and not followed or removed. */
  'ended',
] as const

export const logSourceSchema = z.object({
  index: z.int(),
  hostId: hostIdSchema,
  containerId: containerIdSchema,
  name: z.string(),
  host: z.string(),
  state: z.enum(logSourceStates),
  error: apiErrorSchema.shape.error.nullable(),
})
export type LogSource = z.infer<typeof logSourceSchema>

/** [source, time in ns, 0 for stdout and 1 for stderr, text as the container wrote it (control characters included)] */
export type LogRow = [source: number, time: string, stream: 0 | 1, text: string]

/** A line's place: so many lines of its time, of the streams shown, come before it. */
export interface LogBegin {
  time: string
  skip: number
}

export type LogServerFrame =
  /** All sources, or those that changed. */
  | { type: 'sources'; sources: LogSource[] }
  /** `positions` after these lines, of the sources in them, by index; `begins`, where the first line of a source is among them. */
  | {
      type: 'lines'
      rows: LogRow[]
      positions: Record<number, LogPosition>
      begins?: Record<number, LogBegin>
    }
  /** The engine rotated away what was between; `lines` follow. */
  | { type: 'gap'; source: number; from: string; to: string }
  /** `more` is false at the beginning of what the engine keeps. */
  | { type: 'older'; source: number; rows: LogRow[]; more: boolean; begin: LogBegin | null }
  /** The page takes lines slower than they come: the engines are not read on until it has caught up. */
  | { type: 'slow'; paused: boolean }
  /** More containers match than can be shown: how many are left out. */
  | { type: 'tooMany'; left: number }
  /** The view could not be opened, or older lines not be read. */
  | { type: 'error'; error: z.infer<typeof apiErrorSchema>['error'] }
