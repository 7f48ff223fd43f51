'use client'
import { ScrollText, X } from 'lucide-react'
import Link from 'next/link'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useSession } from '#components/data/use-session.ts'
import { logsHref } from '#components/logs/log-selection.ts'
import { Button } from '#components/ui/button.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import type { Container, ContainerAction } from '#lib/contracts/containers.ts'
import { permissionOf, planBulk, runStaged } from './action-rules.ts'
import type { AskingAction } from './container-menu.tsx'
import { type ActionOptions, useContainerActions } from './use-container-actions.ts'

export interface BulkRun {
  action: ContainerAction
  options: ActionOptions
  total: number
  done: number
  skipped: readonly Container[]
  failed: readonly { container: Container; error: unknown }[]
  running: boolean
}

/** At most six at a time, two on one host. */
const limits = { width: 6, perHost: 2 }

/** Runs one action over a selection, with progress, and keeps the result until it is closed. */
export function useBulk() {
  const { runQuiet } = useContainerActions()
  const [run, setRun] = useState<BulkRun | null>(null)
  const stop = useRef<AbortController | null>(null)
  const start = async (
    action: ContainerAction,
    containers: readonly Container[],
    options: ActionOptions = {},
  ) => {
    const plan = planBulk(action, containers, options.force ?? false)
    const controller = new AbortController()
    stop.current = controller
    let result: BulkRun = {
      action,
      options,
      total: plan.run.length,
      done: 0,
      skipped: plan.skip,
      failed: [],
      running: true,
    }
    const update = (change: Partial<BulkRun>) => {
      result = { ...result, ...change }
      setRun(result)
    }
    update({})
    await runStaged(plan.run, limits, controller.signal, async (container) => {
      try {
        await runQuiet(container, action, options)
      } catch (error) {
        update({ failed: [...result.failed, { container, error }] })
      }
      update({ done: result.done + 1 })
    })
    update({ running: false })
  }
  return { run, start, cancel: () => stop.current?.abort(), close: () => setRun(null) }
}

const offered: readonly ContainerAction[] = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove']

/** The bar over the table while rows are selected, and the result of the latest bulk action. */
export function BulkBar({
  selected,
  bulk,
  onAsk,
  onClear,
}: {
  selected: readonly Container[]
  bulk: ReturnType<typeof useBulk>
  onAsk(action: AskingAction): void
  onClear(): void
}) {
  const t = useTranslations('containers')
  const common = useTranslations('common')
  const { permissions } = useSession()
  const href = useScopedHref()
  const { run } = bulk
  if (selected.length === 0 && !run) return null
  return (
    <section aria-label={t('bulk.bar')} className="shrink-0 border-t bg-raised">
      {run && <BulkResult run={run} bulk={bulk} />}
      {selected.length > 0 && (
        <div className="flex items-center gap-1.5 overflow-x-auto px-4 py-1.5 md:px-5">
          <span className="mr-2 whitespace-nowrap font-medium">
            {common('selected', { count: selected.length })}
          </span>
          {offered
            .filter((action) => permissions.includes(permissionOf[action]))
            .map((action) => (
              <Button
                key={action}
                size="sm"
                variant={action === 'remove' ? 'danger' : 'default'}
                disabled={
                  run?.running || (action !== 'remove' && planBulk(action, selected, false).run.length === 0)
                }
                onClick={() => {
                  if (action === 'kill' || action === 'remove') onAsk(action)
                  else void bulk.start(action, selected)
                }}
              >
                {t(`action.${action}`)}
              </Button>
            ))}
          {permissions.includes('containers.logs') && (
            <Button asChild size="sm">
              <Link href={href(logsHref(selected))}>
                <ScrollText aria-hidden /> {t('action.logs')}
              </Link>
            </Button>
          )}
          <IconButton
            className="ml-auto"
            size="sm"
            label={common('clear')}
            keys="Escape"
            icon={<X />}
            onClick={onClear}
          />
        </div>
      )}
    </section>
  )
}

function BulkResult({ run, bulk }: { run: BulkRun; bulk: ReturnType<typeof useBulk> }) {
  const t = useTranslations('containers')
  const errorText = useErrorText()
  const hosts = useFleet((fleet) => fleet.hosts)
  const action = t(`action.${run.action}`).replace('…', '')
  const retry = () =>
    void bulk.start(
      run.action,
      run.failed.map(({ container }) => container),
      run.options,
    )
  return (
    <div className="border-b px-4 py-2 md:px-5" role="status">
      <div className="flex flex-wrap items-center gap-3">
        <span className="min-w-0 truncate font-medium">
          {run.running
            ? t('bulk.progress', { action, done: run.done, total: run.total })
            : `${action}: ${t('bulk.result', { ok: run.done - run.failed.length, failed: run.failed.length, skipped: run.skipped.length })}`}
        </span>
        <span className="h-1 w-32 overflow-hidden rounded-full bg-press" aria-hidden>
          <span
            className="block h-full origin-left bg-accent transition-transform"
            style={{ transform: `scaleX(${run.total === 0 ? 1 : run.done / run.total})` }}
          />
        </span>
        <span className="ml-auto flex gap-2">
          {run.running && (
            <Button size="sm" onClick={bulk.cancel}>
              {t('bulk.cancelRest')}
            </Button>
          )}
          {!run.running && run.failed.length > 0 && (
            <Button size="sm" onClick={retry}>
              {t('bulk.retryFailed')}
            </Button>
          )}
          {!run.running && (
            <Button size="sm" variant="ghost" onClick={bulk.close}>
              {t('bulk.close')}
            </Button>
          )}
        </span>
      </div>
      {(run.failed.length > 0 || run.skipped.length > 0) && (
        <ul className="mt-1 max-h-32 overflow-y-auto text-xs">
          {run.failed.map(({ container, error }) => {
            const { sentence, detail } = errorText(error)
            return (
              <li key={`${container.hostId}/${container.id}`} className="break-words text-danger">
                <span className="font-medium">{container.name}</span> ({hosts.get(container.hostId)?.name}):{' '}
                {sentence} {detail}
              </li>
            )
          })}
          {run.skipped.map((container) => (
            <li key={`${container.hostId}/${container.id}`} className="text-ink-muted">
              <span className="font-medium">{container.name}</span> ({hosts.get(container.hostId)?.name}):{' '}
              {t('bulk.notIn', { state: t(`state.${container.state}`) })}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
