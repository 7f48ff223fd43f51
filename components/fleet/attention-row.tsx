'use client'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { permissionOf } from '#lib/container-rules.ts'
import type { Attention, ContainerProblem, HostProblem } from '#lib/fleet-overview.ts'
import { useActionStates, useContainerActions } from '../containers/use-container-actions.ts'
import { links } from '../data/links.ts'
import { useScopedHref } from '../data/use-scope.ts'
import { useMayWith, usePermission } from '../data/use-session.ts'
import { useHostActions } from '../hosts/use-host-actions.ts'
import { Age } from '../ui/age.tsx'
import { Button } from '../ui/button.tsx'
import { useNow } from '../ui/clock.ts'
import { useErrorText } from '../ui/error-text.ts'
import { StateMark, type StateTone } from '../ui/state-mark.tsx'
import { useFormat } from '../ui/use-format.ts'

const tones: Record<HostProblem | ContainerProblem, StateTone> = {
  unreachable: 'unreachable',
  unresponsive: 'unhealthy',
  unauthorised: 'unhealthy',
  certificateEnding: 'paused',
  oomKilled: 'unhealthy',
  unhealthy: 'unhealthy',
  restarting: 'busy',
  dead: 'unhealthy',
  exitedWithError: 'unhealthy',
}

/** One thing to look at: what, where, since when, and the action that most often helps. */
export function AttentionRow({ item }: { item: Attention }) {
  const t = useTranslations('fleet.attention')
  const href = useScopedHref()
  const isContainer = 'container' in item
  const name = isContainer ? item.container.name : item.host.name
  const label =
    item.problem === 'exitedWithError'
      ? t('problem.exitedWithError', { code: item.container.exitCode ?? 0 })
      : t(`problem.${item.problem}`)
  return (
    <li className="grid min-h-11 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 border-b px-4 py-1.5 last:border-b-0 md:grid-cols-[11rem_minmax(0,1fr)_auto_7rem]">
      <StateMark tone={tones[item.problem]} label={label} className="max-md:col-start-1" />
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
      <span className="flex justify-end max-md:col-start-2 max-md:row-span-2 max-md:row-start-1">
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
  if ('container' in item) return item.host ? t('onHost', { host: item.host.name }) : null
  if (item.problem === 'certificateEnding' && item.at) {
    return t(ended ? 'certificateEnded' : 'certificateEnds', { date: format.date(item.at) })
  }
  return item.host.error ? errorText(item.host.error).sentence : item.host.address
}

function HostAction({ item }: { item: Extract<Attention, { problem: HostProblem }> }) {
  const t = useTranslations('fleet.attention')
  const href = useScopedHref()
  const mayEdit = usePermission('hosts.edit')
  const { run } = useHostActions()
  const { host, problem } = item
  if (!mayEdit || problem === 'certificateEnding') {
    return (
      <Button inPreview asChild size="sm">
        <Link
          href={href(links.host(host))}
          aria-label={t('actionOn', { action: t('look'), name: host.name })}
        >
          {t('look')}
        </Link>
      </Button>
    )
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

function ContainerAction({ item }: { item: Extract<Attention, { problem: ContainerProblem }> }) {
  const t = useTranslations('fleet.attention')
  const href = useScopedHref()
  const { run } = useContainerActions()
  const { pending } = useActionStates()
  const { container, problem, key } = item
  const holds = useMayWith(container)
  const action =
    problem === 'unhealthy' ? 'restart' : problem === 'restarting' || problem === 'dead' ? null : 'start'
  if (action === null || !holds(permissionOf[action])) {
    return (
      <Button inPreview asChild size="sm">
        <Link
          href={href(links.container(container))}
          aria-label={t('actionOn', { action: t('look'), name: container.name })}
        >
          {t('look')}
        </Link>
      </Button>
    )
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
