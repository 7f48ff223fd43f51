import { z } from 'zod'
import { apiErrorSchema } from './common.ts'

/**
 * The terminal socket, `GET /api/terminal?hostId=&containerId=` (WebSocket): one session each. The browser sends `start` or
 * `resume` first; then binary frames are bytes to and from the terminal (at most 64 KiB from the browser), and text frames are
 * the JSON below. Closing the socket (1000, or without a code) ends the session's processes. A page that is left or reloaded
 * (1001) and a cut (1006) leave them for five minutes to the same sign-in, which may `resume`.
 */
const sizeFields = { columns: z.int().min(1).max(1000), rows: z.int().min(1).max(1000) }

/** Output on its way that the browser has not taken; above it the container's program waits. */
export const terminalCreditBytes = 512 * 1024

export const terminalClientFrameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    /** A shell of one's own, or the terminal of the container's first process. */
    mode: z.enum(['exec', 'attach']),
    /** Absent: bash where there is one, else sh. */
    shell: z.string().trim().min(1).max(512).optional(),
    /** name, uid, or either with :group. */
    user: z
      .string()
      .trim()
      .max(128)
      .regex(/^[\w.-]+(:[\w.-]+)?$/)
      .optional(),
    workingDirectory: z.string().max(4096).startsWith('/').optional(),
    ...sizeFields,
  }),
  z.object({
    type: z.literal('resume'),
    /** As `started` told it. */
    id: z.uuid(),
    /** Bytes of output that the browser has already. */
    from: z.int().min(0),
    ...sizeFields,
  }),
  z.object({ type: z.literal('resize'), ...sizeFields }),
  z.object({ type: z.literal('taken'), bytes: z.int().min(1) }),
])
export type TerminalClientFrame = z.input<typeof terminalClientFrameSchema>

export type TerminalServerFrame =
  | { type: 'started'; id: string }
  /** Output follows from this byte on; it is more than was asked for where what lies between is not kept. */
  | { type: 'resumed'; from: number }
  /** There is no such terminal any more. `start` opens another one. */
  | { type: 'gone' }
  /** Another window has resumed it. */
  | { type: 'moved' }
  /** Null where the engine does not tell (attach, or the engine was cut). */
  | { type: 'exit'; code: number | null }
  | { type: 'error'; error: z.infer<typeof apiErrorSchema>['error'] }
