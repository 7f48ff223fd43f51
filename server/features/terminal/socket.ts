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
import type { Ended } from '../../principal/revocation-of-rights.ts'
import type { Subscribe } from '../../publisher.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { Credit } from '../../web/credit.ts'
import { type Channel, defineSocket } from '../../web/define-socket.ts'
import { toAppError } from '../../web/error-response.ts'
import type { Endings } from './ending.ts'
import { createKeptTerminals, KeptTerminal, type Viewer } from './kept-terminals.ts'
import { openTerminal, type TerminalOutput, type TerminalSession } from './session.ts'

const querySchema = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
type Query = z.output<typeof querySchema>
type Start = Extract<z.output<typeof terminalClientFrameSchema>, { type: 'start' }>
type Resume = Extract<z.output<typeof terminalClientFrameSchema>, { type: 'resume' }>
const actOfMode = { exec: 'container.exec', attach: 'container.attach' } as const

/** A page that was left or reloaded, and a cut: RFC 6455, section 7.4.1. */
const withoutAWord: ReadonlySet<number> = new Set([1001, 1006])
/** Of what is typed before the terminal is open, and what each message costs besides its own bytes. */
const mostEarlyBytes = 256 * 1024
const messageBytes = 256

/** Terminals in containers, which outlive the socket of a browser that went without a word. */
export function terminalSocket(parts: {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
  access: Access
  policy: Policy
  audit: Audit
  endings: Endings
  concurrency: Pick<Concurrency, 'stream'>
  onEnded: Subscribe<Ended>
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
  const kept = createKeptTerminals({
    access: parts.access,
    onEnded: parts.onEnded,
    mayStay: ({ principal, where, mode }) => mayStay(parts.access, principal, where, mode),
  })
  const socket = defineSocket({
    path: '/api/terminal',
    access: 'containers.view',
    query: querySchema,
    frames: terminalClientFrameSchema,
    open(channel: Channel<TerminalServerFrame, Query>) {
      const { principal, query } = channel
      let terminal: KeptTerminal | null = null
      /** Resolves when it can be written to. */
      let opened: Promise<TerminalSession> | null = null
      const soon = (act: (session: TerminalSession) => void) => opened?.then(act).catch(() => {})
      const credit = new Credit((bytes) => soon((session) => session.taken(bytes)))
      // Its last output may still be on its way to a slow reader.
      const over = () => channel.close(closeCodes.over, 'over')
      const viewer: Viewer = {
        data: (bytes) => channel.send(bytes, credit.hand(bytes.length)),
        // A paste of a megabyte waits in the browser, and not here.
        ready: (ready) => (ready ? channel.resume() : channel.pause()),
        exit: (code) => channel.say({ type: 'exit', code }, over),
        moved: () => channel.say({ type: 'moved' }, over),
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
      const watchRights = ({ mode }: Pick<KeptTerminal, 'mode'>) =>
        channel.endWhenChanged(() => mayStay(parts.access, principal, query, mode))
      const begin = async (start: Start) => {
        const fresh = new KeptTerminal(principal, query, start.mode, viewer)
        terminal = fresh
        watchRights(fresh)
        let release = () => {}
        const counted = async () => {
          release = parts.concurrency.stream(principal, query.hostId)
          return open(fresh, principal, query, start)
        }
        opened = counted()
        try {
          const session = await opened
          early = null
          fresh.session = session
          kept.add(fresh)
          void exits(fresh, session, release)
          // Its browser went while it was being opened.
          if (!channel.isOpen) await kept.end(fresh)
          else channel.say({ type: 'started', id: fresh.id })
        } catch (error) {
          release()
          channel.say({ type: 'error', error: toApiError(toAppError(error)) }, over)
        }
      }
      const exits = async (fresh: KeptTerminal, session: TerminalSession, release: () => void) => {
        const code = await session.over
        release()
        fresh.exited(code)
      }
      const resume = ({ id, from, columns, rows }: Resume) => {
        const found = kept.find(id, principal, query)
        if (!found?.session || !mayStay(parts.access, principal, query, found.mode))
          return channel.say({ type: 'gone' })
        const { session } = found
        early = null
        terminal = found
        opened = Promise.resolve(session)
        watchRights(found)
        const shown = found.show(viewer, from)
        channel.say({ type: 'resumed', from: shown.from })
        if (shown.bytes.length > 0) viewer.data(shown.bytes)
        // A program that fills the screen draws it anew when its size changes, and only then.
        if (shown.from > from && rows > 1) session.resize({ columns, rows: rows - 1 })
        session.resize({ columns, rows })
        found.tellExit()
      }
      channel.onClose((code) => {
        if (!terminal?.isShownBy(viewer)) return
        if (code !== null && withoutAWord.has(code)) kept.leave(terminal)
        else void kept.end(terminal)
      })
      return {
        bytes(data) {
          if (!isTooMuch(data.length)) soon((session) => session.write(data))
        },
        frame(frame, size) {
          if (isTooMuch(size)) return
          const isFirst = frame.type === 'start' || frame.type === 'resume'
          if (isFirst !== (opened === null)) channel.misunderstood()
          else if (frame.type === 'start') void begin(frame)
          else if (frame.type === 'resume') resume(frame)
          else if (frame.type === 'resize') soon((session) => session.resize(frame))
          else credit.claim(frame.bytes)
        },
      }
    },
  })
  return { socket, stop: () => kept.stop() }
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
