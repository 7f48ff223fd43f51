import type { WebSocket } from 'ws'
import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import { type TerminalServerFrame, terminalClientFrameSchema } from '#lib/contracts/terminal.ts'
import type { Audit } from '../audit/service.ts'
import type { Access } from '../auth/access.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { toAppError } from '../http/error-response.ts'
import type { FleetState } from '../live/types.ts'
import type { Log } from '../log.ts'
import { toApiError } from '../messages.ts'
import type { Policy } from '../policy/index.ts'
import { openTerminal, type TerminalSession } from '../terminal/session.ts'
import { end, type SocketDefinition } from './connection.ts'

const querySchema = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
type Start = Extract<z.output<typeof terminalClientFrameSchema>, { type: 'start' }>

/** A terminal in a container. The socket's end is the session's end, whichever way it comes. */
export function terminalSocket(parts: {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
  access: Access
  policy: Policy
  audit: Audit
  log: Log
}): SocketDefinition {
  const open = async (
    socket: WebSocket,
    principal: Principal,
    query: URLSearchParams,
    start: Start,
  ): Promise<TerminalSession> => {
    const { hostId, containerId } = querySchema.parse(Object.fromEntries(query))
    const target = { hostId, objectId: containerId }
    const permission = start.mode === 'exec' ? 'containers.exec' : 'containers.attach'
    parts.authorize(principal, permission, target)
    const container = parts.fleet.get('containers', hostId, containerId)
    if (!container) throw new AppError('container_not_found', target)
    const engine = parts.registry.engine(hostId)
    // The command is a person's own text, in which a password may stand: the log has only as whom.
    const as = start.mode === 'exec' && start.user ? ` as ${start.user}` : ''
    const summary = `${container.name}${as}`
    const operation = await parts.audit.begin(principal, { action: permission, ...target, summary })
    const output = {
      data: (bytes: Buffer) => socket.send(bytes),
      // A paste of a megabyte waits in the browser, and not here.
      ready: (ready: boolean) => (ready ? socket.resume() : socket.pause()),
    }
    try {
      if (parts.policy.restricts(principal, hostId)) await parts.policy.enter(engine, containerId)
      const session = await openTerminal(engine, containerId, start, output, parts.log)
      void session.over.then((code) =>
        operation.end({ summary: code === null ? summary : `${summary}: exit code ${code}` }),
      )
      return session
    } catch (error) {
      await operation.end({ error: toAppError(error) })
      throw error instanceof AppError ? error.at(target) : error
    }
  }
  return {
    path: '/api/terminal',
    access: 'containers.view',
    open(socket, principal, query) {
      let session: Promise<TerminalSession> | null = null
      const say = (frame: TerminalServerFrame) => {
        if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
      }
      let stop = () => {}
      const begin = async (start: Start) => {
        stop = parts.access.onChanged(() => {
          if (!mayStay(parts.access, principal, query, start.mode)) end(socket, { changed: true })
        })
        session = open(socket, principal, query, start)
        try {
          const { over } = await session
          say({ type: 'started' })
          say({ type: 'exit', code: await over })
        } catch (error) {
          say({ type: 'error', error: toApiError(toAppError(error)) })
        }
        socket.close(1000, 'over')
      }
      socket.on('close', () => {
        stop()
        // One that is still being opened ends as soon as it is.
        session?.then((opened) => opened.end()).catch(() => {})
      })
      socket.on('message', (data, isBinary) => {
        if (isBinary) {
          session?.then((opened) => opened.write(data as Buffer)).catch(() => {})
          return
        }
        const frame = parse(String(data))
        if (!frame || (frame.type === 'start') !== (session === null)) {
          socket.close(1008, 'not understood')
          return
        }
        if (frame.type === 'start') void begin(frame)
        else if (frame.type === 'resize') session?.then((opened) => opened.resize(frame)).catch(() => {})
        else session?.then((opened) => opened.taken(frame.bytes)).catch(() => {})
      })
    },
  }
}

/** Whether what was opened would be opened now. */
function mayStay(access: Access, principal: Principal, query: URLSearchParams, mode: Start['mode']): boolean {
  const { hostId, containerId } = querySchema.parse(Object.fromEntries(query))
  const permission = mode === 'exec' ? 'containers.exec' : 'containers.attach'
  try {
    access.authorize(principal, permission, { hostId, objectId: containerId })
    return true
  } catch {
    return false
  }
}

function parse(text: string) {
  try {
    return terminalClientFrameSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
