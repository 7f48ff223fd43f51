import type { TaskFrame } from '#lib/contracts/tasks.ts'
import type { Access } from '../../access/access.ts'
import { mine } from '../../tasks/service.ts'
import type { TaskService } from '../../tasks/types.ts'
import { defineTopic, type Topic } from '../../web/live-topic.ts'

/** The tray's tasks, which differ from person to person. */
export function taskTopic(tasks: TaskService, access: Pick<Access, 'personOf'>): Topic {
  return defineTopic({
    name: 'tasks',
    open(subscription) {
      const { principal, drop } = subscription
      const text = (frame: TaskFrame) => JSON.stringify(frame)
      const all = () => text({ type: 'tasks', tasks: tasks.list(principal) })
      const feed = subscription.feed(all)
      subscription.onEnd(
        tasks.subscribe((event) => {
          const isTheirs =
            event.type === 'task'
              ? tasks.shows(principal, event.task)
              : mine(access.personOf(principal), event)
          if (isTheirs) feed.offer(text(event.type === 'task' ? event : { type: 'dismissed', id: event.id }))
        }, drop),
      )
      // Tasks about hosts that are out of sight now go, others come.
      subscription.onChanged(() => feed.offer(all()))
      feed.begin()
    },
  })
}
