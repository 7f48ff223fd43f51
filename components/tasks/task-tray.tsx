'use client'
import { ListChecks } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { isRunning, useUploads } from '#components/files/upload-store.ts'
import { useShortcut } from '#components/shell/shortcuts.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Popover } from '#components/ui/popover.tsx'
import { onOpenTray } from './open-tray.ts'
import { useTasks } from './task-store.ts'

const TaskList = lazy(() => import('./task-list.tsx').then((module) => ({ default: module.TaskList })))

/**
 * Long work, running and finished. It belongs to the server: it goes on without this page, and is here again after a
 * reload; but for uploads, which are this page's own.
 */
export function TaskTray() {
  const t = useTranslations('tasks')
  const tasks = useTasks()
  const [open, setOpen] = useState(false)
  const sending = new Set(
    useUploads()
      .filter(isRunning)
      .map(({ base }) => base),
  ).size
  const running = sending + tasks.filter((task) => task.state === 'running' || task.state === 'queued').length
  useShortcut('t', () => setOpen((before) => !before), { group: 'general', label: t('title') })
  useEffect(() => onOpenTray(() => setOpen(true)), [])
  return (
    <span className="relative">
      <Popover
        label={t('title')}
        align="end"
        open={open}
        onOpenChange={setOpen}
        className="w-[min(26rem,calc(100vw-1rem))]"
        trigger={
          <IconButton
            label={running > 0 ? t('running', { count: running }) : t('title')}
            keys="t"
            side="bottom"
            icon={<ListChecks />}
          />
        }
      >
        <Suspense>
          <TaskList tasks={tasks} />
        </Suspense>
      </Popover>
      {running > 0 && (
        <span
          aria-hidden
          className="pointer-events-none absolute -top-0.5 -right-0.5 grid min-w-4 place-items-center rounded-full bg-accent px-1 text-2xs text-accent-ink"
        >
          {running}
        </span>
      )}
    </span>
  )
}
