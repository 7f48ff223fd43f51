'use client'
import { ListChecks } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { isRunning, useUploads } from '#components/files/upload-store.ts'
import { containerKey } from '#components/files/use-folder.ts'
import { cn } from '#components/ui/cn.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Popover } from '#components/ui/popover.tsx'
import { useShortcut } from '#components/ui/shortcuts.ts'
import { onOpenOutput, onOpenTray, type StepOutput } from './open-tray.ts'
import { useTasks } from './task-store.ts'

const BuildOutput = lazy(() =>
  import('#components/tasks/build-output.tsx').then((module) => ({ default: module.BuildOutput })),
)
const TaskList = lazy(() => import('./task-list.tsx').then((module) => ({ default: module.TaskList })))

/**
 * Long work, running and finished. It belongs to the server: it goes on without this page, and is here again after a
 * reload; but for uploads, which are this page's own.
 */
export function TaskTray() {
  const t = useTranslations('tasks')
  const tasks = useTasks()
  const [open, setOpen] = useState(false)
  const uploads = useUploads()
  const sending = new Set(uploads.filter(isRunning).map(({ container }) => containerKey(container))).size
  // Until it is cleared: whoever left the view meanwhile has not seen it.
  const failed = uploads.filter(({ state }) => state === 'failed').length
  const running = sending + tasks.filter((task) => task.state === 'running' || task.state === 'queued').length
  useShortcut('t', () => setOpen((before) => !before), { group: 'general', label: t('title') })
  useEffect(() => onOpenTray(() => setOpen(true)), [])
  const [output, setOutput] = useState<StepOutput | null>(null)
  useEffect(
    () =>
      onOpenOutput((asked) => {
        setOpen(false)
        setOutput(asked)
      }),
    [],
  )
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
            inPreview
            label={
              running > 0
                ? t('running', { count: running })
                : failed > 0
                  ? t('uploadsFailed', { count: failed })
                  : t('title')
            }
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
      {running + failed > 0 && (
        <span
          aria-hidden
          className={cn(
            'pointer-events-none absolute -top-0.5 -right-0.5 grid min-w-4 place-items-center rounded-full px-1 text-2xs',
            running > 0 ? 'bg-accent text-accent-ink' : 'bg-danger-solid text-danger-ink',
          )}
        >
          {running > 0 ? running : '!'}
        </span>
      )}
      <Suspense>{output && <BuildOutput {...output} onClose={() => setOutput(null)} />}</Suspense>
    </span>
  )
}
