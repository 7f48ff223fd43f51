'use client'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useActionStates, useContainerActions } from '#components/containers/use-container-actions.ts'
import { links } from '#components/data/links.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMayWith, usePermission } from '#components/data/use-session.ts'
import { useHostActions } from '#components/hosts/use-host-actions.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { useNow } from '#components/ui/clock.ts'
import { cn } from '#components/ui/cn.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { StateMark, type StateTone } from '#components/ui/state-mark.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { permissionOf } from '#lib/containers/rules.ts'
import { unreadOf } from '#lib/fleet/host-reading.ts'
import {
  type Attention,
  type ContainerAttention,
  type ContainerProblem,
  type HostAttention,
  type HostProblem,
  isSeen,
} from '#lib/fleet/overview.ts'
import { AcknowledgeButton } from './acknowledge-button.tsx'
import { useWithdrawAcknowledgement } from './use-acknowledgements.ts'

const tones: Record<HostProblem | ContainerProblem, StateTone> = {
  unreachable: 'unreachable',
  unresponsive: 'unhealthy',
  unauthorised: 'unhealthy',
  unread: 'unhealthy',
  certificateEnding: 'paused',
  oomKilled: 'unhealthy',
  unhealthy: 'unhealthy',
  restarting: 'busy',
  dead: 'unhealthy',
  startFailed: 'unhealthy',
  exitedWithError: 'unhealthy',
}

export const toneOfProblem = (item: Attention) => tones[item.problem]

export const attentionRowClass =
  'grid min-h-11 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 border-b px-4 py-1.5 last:border-b-0 md:grid-cols-[11rem_minmax(0,1fr)_5rem_auto]'

export function useProblemLabel(item: Attention): string {
  const t = useTranslations('fleet.attention.problem')
  return item.problem === 'exitedWithError'
    ? t('exitedWithError', { code: item.container.exitCode ?? 0 })
    : t(item.problem)
}

/**
 * One thing to look at: what, where, since when, and the action that most often helps.
 * @param inner one of several in a group that is open
 */
export function AttentionRow({
  item,
  onAcknowledge,
  inner = false,
}: {
  item: Attention
  onAcknowledge(items: readonly ContainerAttention[]): void
  inner?: boolean
}) {
  const href = useScopedHref()
  const isContainer = 'container' in item
  const name = isContainer ? item.container.name : item.host.name
  const label = useProblemLabel(item)
  return (
    <li className={cn(attentionRowClass, inner && 'bg-bg md:pl-8')}>
      <StateMark tone={toneOfProblem(item)} label={label} className="max-md:col-start-1" />
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-2 max-md:col-start-1 max-md:row-start-2">
        <Link
          href={href(isContainer ? links.container(item.container) : links.host(item.host))}
          className="truncate font-medium hover:text-accent hover:underline"
        >
          {name}
        </Link>
        <span className="min-w-0 truncate text-ink-muted">
          <Detail item={item} />
        </span>
      </div>
      <span className="text-ink-faint max-md:hidden">
        {item.problem !== 'certificateEnding' && item.at && <Age at={item.at} ago />}
      </span>
      <span className="flex justify-end gap-2 max-md:col-start-2 max-md:row-span-2 max-md:row-start-1">
        {isContainer && !isSeen(item) && <AcknowledgeButton items={[item]} onAcknowledge={onAcknowledge} />}
        {isContainer ? <ContainerAction item={item} /> : <HostAction item={item} />}
      </span>
    </li>
  )
}

function Detail({ item }: { item: Attention }) {
  const t = useTranslations('fleet.attention')
  const errorText = useErrorText()
  const format = useFormat()
  const ended = useNow((now) => item.at !== null && Date.parse(item.at) < now)
  if ('container' in item)
    return (
      <>
        {item.host && t('onHost', { host: item.host.name })}
        {item.container.error && <span title={item.container.error}> · {item.container.error}</span>}
        {item.acknowledged && (
          <span>
            {' · '}
            {t.rich(item.acknowledged.note === '' ? 'seenBy' : 'seenByFor', {
              name: item.acknowledged.by,
              note: item.acknowledged.note,
              age: () => <Age at={item.acknowledged?.acknowledgedAt ?? null} ago />,
            })}
          </span>
        )}
      </>
    )
  if (item.problem === 'certificateEnding' && item.at) {
    return t(ended ? 'certificateEnded' : 'certificateEnds', { date: format.date(item.at) })
  }
  const error = item.host.error ?? unreadOf(item.host)?.error
  return error ? errorText(error).sentence : item.host.address
}

function LookButton({ href, name }: { href: string; name: string }) {
  const t = useTranslations('fleet.attention')
  const scoped = useScopedHref()
  return (
    <Button inPreview asChild size="sm">
      <Link href={scoped(href)} aria-label={t('actionOn', { action: t('look'), name })}>
        {t('look')}
      </Link>
    </Button>
  )
}

function HostAction({ item }: { item: HostAttention }) {
  const t = useTranslations('fleet.attention')
  const mayEdit = usePermission('hosts.edit')
  const { run } = useHostActions()
  const { host, problem } = item
  // A new connection reads no better: its page has the engine's words.
  if (!mayEdit || problem === 'certificateEnding' || problem === 'unread') {
    return <LookButton href={links.host(host)} name={host.name} />
  }
  return (
    <Button
      size="sm"
      aria-label={t('actionOn', { action: t('reconnect'), name: host.name })}
      onClick={() => void run(host, 'reconnect')}
    >
      {t('reconnect')}
    </Button>
  )
}

function ContainerAction({ item }: { item: ContainerAttention }) {
  const t = useTranslations('fleet.attention')
  const { run } = useContainerActions()
  const { pending } = useActionStates()
  const { container, problem, key } = item
  const holds = useMayWith(container)
  const withdraw = useWithdrawAcknowledgement()
  if (item.acknowledged && holds(permissionOf.restart)) {
    return (
      <Button
        size="sm"
        busy={withdraw.isPending}
        aria-label={t('actionOn', { action: t('withdraw'), name: container.name })}
        onClick={() => withdraw.mutate(container)}
      >
        {t('withdraw')}
      </Button>
    )
  }
  const action =
    problem === 'unhealthy' ? 'restart' : problem === 'restarting' || problem === 'dead' ? null : 'start'
  if (action === null || !holds(permissionOf[action])) {
    return <LookButton href={links.container(container)} name={container.name} />
  }
  return (
    <Button
      size="sm"
      busy={pending.has(key)}
      aria-label={t('actionOn', { action: t(action), name: container.name })}
      onClick={() => void run(container, action)}
    >
      {t(action)}
    </Button>
  )
}
