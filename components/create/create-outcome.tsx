'use client'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { TaskItem } from '#components/tasks/task-list.tsx'
import { useTasks } from '#components/tasks/task-store.ts'

/** How it goes on each host, and the way to what was made. */
export function CreateOutcome({ taskId }: { taskId: string }) {
  const t = useTranslations('create')
  const task = useTasks().find(({ id }) => id === taskId)
  const hosts = useFleet((fleet) => fleet.hosts)
  const href = useScopedHref()
  if (!task) return null
  const made = task.steps.filter((step) => typeof step.result?.containerId === 'string')
  return (
    <section aria-live="polite" className="rounded-lg border bg-surface">
      <ul>
        <TaskItem task={task} />
      </ul>
      {made.length > 0 && (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 border-t px-4 py-2">
          {made.map((step) => (
            <li key={step.id}>
              <Link
                className="text-accent hover:underline"
                href={href(`/containers/${step.hostId}/${step.result?.containerId}`)}
              >
                {t('open', { name: step.subject, host: hosts.get(step.hostId)?.name ?? '' })}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
