import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { TaskKind, TaskOf, TaskParams, TaskResult } from '#lib/contracts/task-kinds.ts'
import type { Task } from '#lib/contracts/tasks.ts'

type Words = ReturnType<typeof useTranslations<'tasks'>>

/** What the tray shows of a kind. */
interface View<K extends TaskKind> {
  title(t: Words, params: TaskParams<K>): string
  /** Whether what was to be done was so before. */
  isAlready?(result: TaskResult<K>): boolean
  /** The facts of a step that came to an end. */
  facts?(result: TaskResult<K>): ReactNode
  /** What its builders say can be read. */
  hasOutput?: true
}

const views: { readonly [K in TaskKind]: View<K> } = {
  'containers.action': {
    title: (t, params) => t('kind.containers.action', params),
    isAlready: ({ outcome }) => outcome === 'already',
  },
  'containers.create': { title: (t, params) => t('kind.containers.create', params) },
  'containers.recreate': { title: (t, params) => t('kind.containers.recreate', params) },
  'containers.wait': {
    title: (t, params) => t('kind.containers.wait', params),
    facts: ({ exitCode }) => <ExitCode code={exitCode} />,
  },
  'images.pull': {
    title: (t, params) => t('kind.images.pull', params),
    facts: (result) => <Proof {...result} />,
  },
  'images.push': { title: (t, params) => t('kind.images.push', params) },
  'images.copy': {
    title: (t, params) => t('kind.images.copy', params),
    isAlready: ({ outcome }) => outcome === 'already',
    facts: (result) => <Proof {...result} />,
  },
  'images.build': {
    title: (t, { name, count }) => t('kind.images.build', { name, count }),
    facts: (result) => <Proof {...result} />,
    hasOutput: true,
  },
  'archives.load': {
    title: (t, params) => t('kind.archives.load', params),
    facts: (result) => <Proof {...result} />,
  },
  'volumes.create': { title: (t, params) => t('kind.volumes.create', params) },
  'volumes.remove': { title: (t, params) => t('kind.volumes.remove', params) },
  prune: {
    title: (t, params) => t('kind.prune', params),
    facts: (result) => <Freed {...result} />,
  },
}

const isKnown = (task: Task): task is Task & TaskOf<TaskKind> => Object.hasOwn(views, task.kind)

/** What the tray shows of one task. */
export interface TaskView {
  title(t: Words): string
  hasOutput: boolean
  /** Of the step at an index. */
  isAlready(step: number): boolean
  facts(step: number): ReactNode
}

/** Of a kind that this page does not know (it was open during an update, or the kind is no more) the kind itself is the title. */
export function viewOf(task: Task): TaskView {
  if (isKnown(task)) return viewOfKnown(task)
  return { title: () => task.kind, hasOutput: false, isAlready: () => false, facts: () => null }
}

function viewOfKnown<K extends TaskKind>({ kind, params, steps }: TaskOf<K>): TaskView {
  const view: View<K> = views[kind]
  const resultOf = (step: number) => steps[step]?.result ?? null
  return {
    title: (t) => view.title(t, params),
    hasOutput: view.hasOutput === true,
    isAlready(step) {
      const result = resultOf(step)
      return result !== null && view.isAlready?.(result) === true
    },
    facts(step) {
      const result = resultOf(step)
      return result === null ? null : view.facts?.(result)
    },
  }
}

function ExitCode({ code }: { code: number }) {
  const t = useTranslations('tasks')
  return <span className="block text-ink-muted">{t('exitCode', { code })}</span>
}

/** What the engine itself says it holds now. */
function Proof({ imageId, digest }: { imageId?: string; digest?: string }) {
  const t = useTranslations('tasks')
  // What ended otherwise than its kind says it does, or was stored by an older version, may have none.
  if (!imageId) return null
  return (
    <span className="flex flex-wrap items-center gap-x-2 text-ink-muted">
      <Digests label={t('image')} text={imageId} />
      {digest && <Digests label={t('digest')} text={digest} />}
    </span>
  )
}

/** Short to read, whole to copy. */
function Digests({ label, text }: { label: string; text: string }) {
  const short = text.split(' ').map((digest) => digest.replace(/^sha256:/, '').slice(0, 12))
  return (
    <span className="inline-flex items-center gap-1" title={text}>
      {label} <code>{short.join(' ')}</code> <CopyButton text={text} />
    </span>
  )
}

/** What a prune took away and left. */
function Freed(result: TaskResult<'prune'>) {
  const t = useTranslations('tasks')
  const format = useFormat()
  const { freed, kept = 0 } = result
  if (freed === undefined) return null
  const removed = (['containers', 'images', 'volumes', 'networks'] as const).flatMap((kind) => {
    const count = result[kind] ?? 0
    return count > 0 ? [t(`removed.${kind}`, { count })] : []
  })
  return (
    <span className="block text-ink-muted">
      {[...removed, t('freed', { bytes: format.bytes(freed) })].join(', ')}
      {kept > 0 && ` ${t('kept', { count: kept })}`}
    </span>
  )
}
