import type { WebSocket } from 'ws'
import type { TaskFrame } from '#lib/contracts/tasks.ts'
import type { Access } from '../auth/access.ts'
import { mine } from '../tasks/service.ts'
import type { TaskService } from '../tasks/types.ts'
import type { SocketDefinition } from './connection.ts'

/** Bytes waiting for a slow browser; above it gets no more frames, and the whole list when it has caught up. */
const slowBytes = 1024 * 1024

/**
 * The tray's own socket and not the live one: its frames differ from person to person, while the live one's are
 * serialised once for all.
 */
export function taskSocket(
  tasks: TaskService,
  access: Pick<Access, 'onChanged' | 'personOf'>,
): SocketDefinition {
  return {
    path: '/api/tasks/live',
    access: 'hosts.view',
    inPreview: true,
    open(socket, principal) {
      let behind = false
      const send = (frame: TaskFrame) => socket.send(JSON.stringify(frame))
      const all = () => send({ type: 'tasks', tasks: tasks.list(principal) })
      const unsubscribe = tasks.subscribe((event) => {
        if (
          event.type === 'task'
            ? !tasks.shows(principal, event.task)
            : !mine(access.personOf(principal), event)
        )
          return
        if (behind && socket.bufferedAmount === 0) {
          behind = false
          all()
          return
        }
        behind ||= socket.bufferedAmount > slowBytes
        if (!behind) {
          send(event.type === 'task' ? event : { type: 'dismissed', id: event.id })
        }
      })
      // Tasks about hosts that are out of sight now go, others come.
      const stop = access.onChanged(all)
      socket.on('close', () => {
        unsubscribe()
        stop()
      })
      ignoreInput(socket)
      all()
    },
  }
}

/** This socket only speaks. */
function ignoreInput(socket: WebSocket): void {
  socket.on('message', () => socket.close(1008, 'not understood'))
}
