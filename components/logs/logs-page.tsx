'use client'
import { ScrollText } from 'lucide-react'
import dynamic from 'next/dynamic'
import { parseAsString, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { FilterBar } from '#components/container-filter/filter-bar.tsx'
import { useContainers, useHosts, useLoaded } from '#components/data/use-live.ts'
import { useMay } from '#components/data/use-session.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { parseContainerFilter } from '#lib/containers/filter.ts'
import type { LogSelection } from '#lib/contracts/logs.ts'
import { readSelection } from '#lib/logs/selection.ts'
import { NobodyYet } from './nobody-yet.tsx'

const LogViewer = dynamic(() => import('./log-view.tsx').then((module) => module.LogViewer), { ssr: false })

/** Logs of what is chosen: containers named in the link, or whatever matches a filter, now and later. */
export function LogsPage() {
  const t = useTranslations('logs')
  const loaded = useLoaded()
  const all = useContainers()
  const may = useMay()
  const containers = useMemo(
    () => all.filter((container) => may('containers.logs', { hostId: container.hostId, container })),
    [all, may],
  )
  const hosts = useHosts()
  const [{ containers: named, filter }, setView] = useQueryStates({
    containers: parseAsString.withDefault(''),
    filter: parseAsString.withDefault(''),
  })
  const selection = useMemo(
    () => (loaded ? readSelection(named, filter, containers) : null),
    // The rows move on every second; only which of them are meant matters, and ids do not change.
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- as above
    [loaded, named, filter],
  )
  const stacks = [...new Set(containers.flatMap((container) => container.stack ?? []))].sort().slice(0, 8)
  return (
    <div className="fill">
      <PageHeader
        title={t('title')}
        actions={
          named !== '' && (
            <Button inPreview size="sm" onClick={() => void setView({ containers: null, filter: null })}>
              {t('chooseOthers')}
            </Button>
          )
        }
      />
      {named === '' && (
        <div className="shrink-0 px-4 pb-1 md:px-5">
          <FilterBar
            value={filter}
            onChange={(next) => void setView({ filter: next || null })}
            containers={containers}
            hosts={hosts}
          />
        </div>
      )}
      {selection && 'filter' in selection && isReadable(selection) && (
        <NobodyYet filter={selection.filter} containers={containers} />
      )}
      {selection && isReadable(selection) ? (
        <LogViewer selection={selection} />
      ) : (
        <EmptyState
          icon={<ScrollText />}
          title={t('empty.title')}
          action={
            <>
              {stacks.map((stack) => (
                <Button
                  inPreview
                  key={stack}
                  size="sm"
                  onClick={() => void setView({ filter: `stack:${stack}` })}
                >
                  {t('empty.stack', { stack })}
                </Button>
              ))}
              <Button inPreview size="sm" onClick={() => void setView({ filter: 'state:running' })}>
                {t('empty.running')}
              </Button>
            </>
          }
        >
          {t('empty.text')}
        </EmptyState>
      )}
    </div>
  )
}

const isReadable = (selection: LogSelection) =>
  !('filter' in selection) || parseContainerFilter(selection.filter).ok
