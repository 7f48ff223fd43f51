import { z } from 'zod'
import { permissionOf } from '#lib/acts.ts'
import { closeCodes } from '#lib/close-codes.ts'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import { type TerminalServerFrame, terminalClientFrameSchema } from '#lib/contracts/terminal.ts'
import type { Access } from '../../access/access.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { Audit } from '../../audit/service.ts'
import type { Policy } from '../../create-policy/index.ts'
import { folder } from '../../create-policy/values.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { toApiError } from '../../messages.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { Credit } from '../../web/credit.ts'
import { type Channel, defineSocket } from '../../web/define-socket.ts'
import { toAppError } from '../../web/error-response.ts'
import type { Endings } from './ending.ts'
import { openTerminal, type TerminalOutput, type TerminalSession } from './session.ts'

const querySchema = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
type Query = z.output<typeof querySchema>
type Start = Extract<z.output<typeof terminalClientFrameSchema>, { type: 'start' }>
const actOfMode = { exec: 'container.exec', attach: 'container.attach' } as const

/** Of what is typed before the terminal is open, and what each message costs besides its own bytes. */
const mostEarlyBytes = 256 * 1024
const messageBytes = 256

/** A terminal in a container. The socket's end is the session's end, whichever way it comes. */
export function terminalSocket(parts: {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
  access: Access
  policy: Policy
  audit: Audit
  endings: Endings
  concurrency: Pick<Concurrency, 'stream'>
}) {
  const open = async (
    output: TerminalOutput,
    principal: Principal,
    { hostId, containerId }: Query,
    start: Start,
  ): Promise<TerminalSession> => {
    const target = { hostId, objectId: containerId }
    const act = actOfMode[start.mode]
    authorizeAct(parts.authorize, principal, act, target)
    const container = parts.fleet.get('containers', hostId, containerId)
    if (!container) throw new AppError('container_not_found', target)
    const engine = parts.registry.engine(hostId)
    // The command is a person's own text, in which a password may stand: the log has only as whom.
    const as = start.mode === 'exec' && start.user ? ` as ${start.user}` : ''
    const summary = `${container.name}${as}`
    const operation = await parts.audit.begin(principal, { action: permissionOf(act), ...target, summary })
    try {
      if (parts.policy.restricts(principal, hostId)) {
        if (start.mode === 'exec') folder(start.workingDirectory ?? '', 'workingDirectory')
        await parts.policy.enter(engine, containerId)
      }
      const where = { hostId, containerId }
      const session = await openTerminal(engine, containerId, start, output, {
        begun: (terminal) => parts.endings.begun({ ...where, ...terminal }),
        end: (terminal) => parts.endings.end({ ...where, ...terminal }),
        ended: (terminal) => parts.endings.ended({ ...where, ...terminal }),
      })
      void session.over.then((code) =>
        operation.end({ summary: code === null ? summary : `${summary}: exit code ${code}` }),
      )
      return session
    } catch (error) {
      await operation.end({ error: toAppError(error) })
      throw error instanceof AppError ? error.at(target) : error
    }
  }
  return defineSocket({
    path: '/api/terminal',
    access: 'containers.view',
    query: querySchema,
    frames: terminalClientFrameSchema,
    open(channel: Channel<TerminalServerFrame, Query>) {
      const { principal, query } = channel
      let session: Promise<TerminalSession> | null = null
      const soon = (act: (opened: TerminalSession) => void) => session?.then(act).catch(() => {})
      const credit = new Credit((bytes) => soon((opened) => opened.taken(bytes)))
      const output: TerminalOutput = {
        data: (bytes) => channel.send(bytes, credit.hand(bytes.length)),
        // A paste of a megabyte waits in the browser, and not here.
        ready: (ready) => (ready ? channel.resume() : channel.pause()),
      }
      /** Bytes that came while it was being opened; null afterwards. */
      let early: number | null = 0
      const isTooMuch = (size: number) => {
        if (early === null) return false
        early += size + messageBytes
        if (early <= mostEarlyBytes) return false
        // An engine that does not answer must not make a store of us.
        channel.close(closeCodes.notUnderstood, 'too much')
        return true
      }
      const counted = async (start: Start) => {
        channel.onClose(parts.concurrency.stream(principal, query.hostId))
        return open(output, principal, query, start)
      }
      const begin = async (start: Start) => {
        channel.endWhenChanged(() => mayStay(parts.access, principal, query, start.mode))
        // Its last output may still be on its way to a slow reader.
        const over = () => channel.close(closeCodes.over, 'over')
        session = counted(start)
        try {
          const opened = await session
          early = null
          channel.say({ type: 'started' })
          channel.say({ type: 'exit', code: await opened.over }, over)
        } catch (error) {
          channel.say({ type: 'error', error: toApiError(toAppError(error)) }, over)
        }
      }
      // One that is still being opened ends as soon as it is.
      channel.onClose(() => soon((opened) => void opened.end()))
      return {
        bytes(data) {
          if (!isTooMuch(data.length)) soon((opened) => opened.write(data))
        },
        frame(frame, size) {
          if (isTooMuch(size)) return
          if ((frame.type === 'start') !== (session === null)) channel.misunderstood()
          else if (frame.type === 'start') void begin(frame)
          else if (frame.type === 'resize') soon((opened) => opened.resize(frame))
          else credit.claim(frame.bytes)
        },
      }
    },
  })
}

/** Whether what was opened would be opened now. */
function mayStay(
  access: Access,
  principal: Principal,
  { hostId, containerId }: Query,
  mode: Start['mode'],
): boolean {
  try {
    authorizeAct(access.authorize, principal, actOfMode[mode], { hostId, objectId: containerId })
    return true
  } catch {
    return false
  }
}
