import { z } from 'zod'
import type { TaskFrame } from '#lib/contracts/tasks.ts'
import type { Access } from '../../access/access.ts'
import { mine } from '../../tasks/service.ts'
import type { TaskService } from '../../tasks/types.ts'
import { type Channel, defineSocket } from '../../web/define-socket.ts'

/**
 * The tray's own socket and not the live one: its frames differ from person to person, while the live one's are
 * serialised once for all.
 */
export function taskSocket(tasks: TaskService, access: Pick<Access, 'personOf'>) {
  return defineSocket({
    path: '/api/tasks/live',
    access: 'hosts.view',
    inPreview: true,
    // This socket only speaks.
    frames: z.never(),
    open(channel: Channel<TaskFrame>) {
      const { principal } = channel
      const text = (frame: TaskFrame) => JSON.stringify(frame)
      const all = () => text({ type: 'tasks', tasks: tasks.list(principal) })
      const feed = channel.feed(all)
      channel.onClose(
        tasks.subscribe((event) => {
          const isTheirs =
            event.type === 'task'
              ? tasks.shows(principal, event.task)
              : mine(access.personOf(principal), event)
          if (isTheirs) feed.offer(text(event.type === 'task' ? event : { type: 'dismissed', id: event.id }))
        }, channel.drop),
      )
      // Tasks about hosts that are out of sight now go, others come.
      channel.endWhenChanged(
        () => null,
        () => feed.offer(all()),
      )
      channel.send(all())
      return { frame: () => {} }
    },
  })
}
