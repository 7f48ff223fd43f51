'use client'
import { useMutation } from '@tanstack/react-query'
import { ChevronRight, RotateCw, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { AllUploads } from '#components/files/upload-list.tsx'
import { useUploads } from '#components/files/upload-store.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import { openOutput } from './open-tray.ts'
import { type TaskView, viewOf } from './task-views.tsx'

/** The tray's content: what this page sends, then the server's tasks, newest first, each with its steps behind a click; one that runs or failed is open. */
export function TaskList({ tasks }: { tasks: readonly Task[] }) {
  const t = useTranslations('tasks')
  const uploads = useUploads()
  if (tasks.length + uploads.length === 0) return <EmptyState title={t('none')}>{t('noneText')}</EmptyState>
  return (
    <>
      <AllUploads />
      <ul className="overflow-y-auto">
        {tasks.map((task) => (
          <TaskItem key={task.id} task={task} />
        ))}
      </ul>
    </>
  )
}

const isRunning = ({ state }: Task) => state === 'running' || state === 'queued'

export function TaskItem({ task }: { task: Task }) {
  const t = useTranslations('tasks')
  const view = viewOf(task)
  const [chosen, setChosen] = useState<boolean | null>(null)
  const running = isRunning(task)
  const open = chosen ?? task.state !== 'succeeded'
  const ask = useMutation({
    mutationFn: (what: 'cancel' | 'retry' | 'dismiss') =>
      what === 'dismiss'
        ? api.delete('/api/tasks/:taskId', { params: { taskId: task.id } })
        : api.post(`/api/tasks/:taskId/${what}`, { params: { taskId: task.id } }),
  })
  const done = task.steps.filter((step) => step.state === 'succeeded').length
  const over = task.steps.filter((step) => step.state !== 'pending' && step.state !== 'running').length
  return (
    <li data-state={task.state} className="border-b px-3 py-2 last:border-b-0">
      <div className="flex items-center gap-2">
        <button
          type="button"
          aria-expanded={open}
          className="flex min-w-0 flex-1 items-center gap-1.5 text-left"
          onClick={() => setChosen(!open)}
        >
          <ChevronRight aria-hidden className={cn('size-4 shrink-0 text-ink-faint', open && 'rotate-90')} />
          <span className="truncate font-medium">{view.title(t)}</span>
        </button>
        <span className={cn('shrink-0 text-xs', tone(task))}>
          {running ? t('progress', { over, total: task.steps.length }) : t(`state.${task.state}`, { done })}
        </span>
      </div>
      {running && (
        <progress
          aria-label={t('progress', { over, total: task.steps.length })}
          value={over}
          max={task.steps.length}
          className="mt-1.5 h-1 w-full"
        />
      )}
      {open && (
        <ul className="mt-1.5 flex max-h-60 flex-col gap-0.5 overflow-y-auto pl-5">
          {task.steps.map((step, index) => (
            <Step key={step.id} task={task} step={step} index={index} view={view} />
          ))}
        </ul>
      )}
      <div className="mt-1 flex items-center gap-1.5 pl-5 text-ink-faint text-xs">
        <Age at={task.createdAt} ago />
        <span className="flex-1" />
        {running ? (
          <Button size="sm" busy={ask.isPending} onClick={() => ask.mutate('cancel')}>
            {t('cancel')}
          </Button>
        ) : (
          <>
            {task.state !== 'succeeded' && (
              <Button size="sm" busy={ask.isPending} onClick={() => ask.mutate('retry')}>
                {t('retry')}
              </Button>
            )}
            <Button size="sm" variant="ghost" onClick={() => ask.mutate('dismiss')}>
              {t('dismiss')}
            </Button>
          </>
        )}
      </div>
    </li>
  )
}

function tone({ state }: Task): string {
  if (state === 'succeeded') return 'text-state-running'
  return state === 'failed' || state === 'partly' || state === 'interrupted'
    ? 'text-danger'
    : 'text-ink-muted'
}

function Step({ task, step, index, view }: { task: Task; step: TaskStep; index: number; view: TaskView }) {
  const t = useTranslations('tasks')
  const errorText = useErrorText()
  const host = useFleet((fleet) => fleet.hosts).get(step.hostId)
  const problem = step.error ? errorText(step.error) : null
  return (
    <li className="text-xs">
      <span className="flex items-baseline gap-2">
        <span className="min-w-0 truncate">{step.subject}</span>
        <span className="shrink-0 text-ink-faint">{host?.name}</span>
        <span
          className={cn(
            'ml-auto shrink-0',
            step.state === 'succeeded' && 'text-state-running',
            (step.state === 'failed' || step.state === 'unknown') && 'text-danger',
            (step.state === 'pending' || step.state === 'skipped' || step.state === 'cancelled') &&
              'text-ink-faint',
          )}
        >
          {step.state === 'succeeded' && view.isAlready(index) ? t('already') : t(`step.${step.state}`)}
        </span>
        {view.hasOutput && step.startedAt !== null && (
          <Button
            size="sm"
            variant="ghost"
            onClick={() => openOutput({ taskId: task.id, hostId: step.hostId })}
          >
            {t('output')}
            <span className="sr-only">{host?.name}</span>
          </Button>
        )}
        {task.steps.length > 1 && <Steer task={task} step={step} />}
      </span>
      {view.facts(index)}
      {step.state === 'running' && step.progress.length > 0 && <Progress bars={step.progress} />}
      {problem && (
        <span className="block whitespace-pre-line text-ink-muted">
          {[problem.sentence, problem.remedy, problem.detail].filter(Boolean).join(' ')}
        </span>
      )}
    </li>
  )
}

/** One host of several: stopped or tried again for itself. */
function Steer({ task, step }: { task: Task; step: TaskStep }) {
  const t = useTranslations('tasks')
  const host = useFleet((fleet) => fleet.hosts).get(step.hostId)
  const ask = useMutation({
    mutationFn: (what: 'cancel' | 'retry') =>
      api.post(`/api/tasks/:taskId/${what}`, { params: { taskId: task.id }, body: { stepId: step.id } }),
  })
  const cancels = isRunning(task) && (step.state === 'running' || step.state === 'pending')
  const retries = !cancels && step.state !== 'succeeded' && step.state !== 'pending'
  if (!cancels && !retries) return null
  const of = [step.subject, host?.name].filter(Boolean).join(', ')
  return (
    <IconButton
      size="sm"
      label={`${cancels ? t('cancelStep') : t('retryStep')}: ${of}`}
      icon={cancels ? <X /> : <RotateCw />}
      disabled={ask.isPending}
      onClick={() => ask.mutate(cancels ? 'cancel' : 'retry')}
    />
  )
}

/** One bar for all parts, by bytes where they are known, and each part behind a click. */
function Progress({ bars }: { bars: TaskStep['progress'] }) {
  const t = useTranslations('tasks')
  const pending = useTranslations('containers.pending')
  const format = useFormat()
  // Layers beyond those with a bar are counted in one of another unit.
  const unit = bars[0]?.unit
  if (unit === 'seconds') {
    const seconds = bars[0]?.total ?? null
    return (
      <span className="block text-ink-muted tabular-nums">
        {seconds === null ? pending('stopForever') : pending('stopWithin', { seconds })}
      </span>
    )
  }
  const known = bars.filter((bar) => bar.total !== null && bar.unit === unit)
  const parts = bars.reduce((sum, bar) => sum + (bar.unit === unit ? 1 : (bar.total ?? 0)), 0)
  const total = known.reduce((sum, bar) => sum + (bar.total ?? 0), 0)
  const current = known.reduce((sum, bar) => sum + Math.min(bar.current, bar.total ?? 0), 0)
  if (known.length === 0 && bars.some((bar) => bar.current > 0)) {
    const bytes = bars.reduce((sum, bar) => sum + bar.current, 0)
    return (
      <span className="block text-ink-muted tabular-nums">{t('soFar', { bytes: format.bytes(bytes) })}</span>
    )
  }
  return (
    <details className="mt-0.5">
      <summary className="flex items-center gap-2 text-ink-muted">
        <progress
          aria-label={t('parts', { count: parts })}
          value={current}
          max={Math.max(total, 1)}
          className="h-1 min-w-0 flex-1"
        />
        <span className="shrink-0 tabular-nums">
          {unit === 'objects'
            ? t('progress', { over: current, total })
            : t('bytes', { current: format.bytes(current), total: format.bytes(total) })}
          {parts > 1 && `, ${t('parts', { count: parts })}`}
        </span>
      </summary>
      <ul className="mt-0.5 flex flex-col">
        {bars.map((bar) => (
          <li key={bar.id} className="flex items-center gap-2 text-ink-faint">
            <span className="w-24 shrink-0 truncate font-mono">{bar.id}</span>
            <span className="min-w-0 flex-1 truncate">
              {bar.unit === unit ? bar.label : t('progress', { over: bar.current, total: bar.total ?? 0 })}
            </span>
            {bar.total !== null && (
              <progress
                aria-label={bar.id}
                value={bar.current}
                max={bar.total}
                className="h-1 w-24 shrink-0"
              />
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
