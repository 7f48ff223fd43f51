'use client'
import { useQuery } from '@tanstack/react-query'
import { ArrowDown, ArrowUp, Pause, Play } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Input } from '#components/ui/input.tsx'
import { TabBody, waitingFor } from './tab-body.tsx'

const everyMs = 3000

/** What runs in it, as ps tells, read again every few seconds while it is looked at. */
export function ProcessesTab({ container, stale }: ContainerTabProps) {
  const t = useTranslations('containers.processes')
  const [args, setArgs] = useState('')
  const [typed, setTyped] = useState('')
  const [paused, setPaused] = useState(false)
  const [sort, setSort] = useState<{ column: number; descending: boolean } | null>(null)
  const running = container.state === 'running' || container.state === 'paused'
  const query = useQuery({
    queryKey: queryKeys.containerProcesses(container.hostId, container.id, args),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/containers/:containerId/processes', {
        params: { hostId: container.hostId, containerId: container.id },
        query: { args },
        signal,
      }),
    enabled: running && !stale,
    refetchInterval: paused ? false : everyMs,
    placeholderData: (before) => before,
    retry: false,
  })
  if (!running) return <EmptyState title={t('notRunning')}>{t('notRunningText')}</EmptyState>
  const { titles = [], rows = [] } = query.data ?? {}
  return (
    <TabBody>
      <form
        className="flex shrink-0 items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          setArgs(typed.trim())
        }}
      >
        <Input
          className="max-w-64 font-mono"
          aria-label={t('args')}
          placeholder={t('argsHint')}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">{t('show')}</Button>
        <Button inPreview className="ml-auto" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
          {paused ? t('resume') : t('pause')}
        </Button>
      </form>
      {waitingFor(query, stale)}
      {query.data && (
        <div role="region" aria-label={t('title')} className="shrink-0 overflow-x-auto">
          <table className="w-full border-collapse text-left font-mono text-xs">
            <thead>
              <tr className="border-b">
                {titles.map((title, column) => (
                  <th
                    key={title}
                    scope="col"
                    aria-sort={
                      sort?.column === column ? (sort.descending ? 'descending' : 'ascending') : undefined
                    }
                    className="pr-4 font-normal text-ink-muted"
                  >
                    <button
                      type="button"
                      className="inline-flex items-center gap-1 py-1.5 hover:text-ink"
                      onClick={() =>
                        setSort({ column, descending: sort?.column === column && !sort.descending })
                      }
                    >
                      {title}
                      {sort?.column === column &&
                        (sort.descending ? (
                          <ArrowDown aria-hidden className="size-3" />
                        ) : (
                          <ArrowUp aria-hidden className="size-3" />
                        ))}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sorted(rows, sort).map((row) => (
                <tr key={row.join(' ')} className="border-b">
                  {row.map((cell, column) => (
                    <td
                      key={titles[column] ?? column}
                      className={
                        column === row.length - 1
                          ? 'min-w-64 break-all py-1'
                          : 'whitespace-nowrap py-1 pr-4 text-ink-muted'
                      }
                    >
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </TabBody>
  )
}

/** Numbers by size, everything else as text. */
function sorted(rows: readonly string[][], sort: { column: number; descending: boolean } | null): string[][] {
  if (!sort) return [...rows]
  const { column, descending } = sort
  const order = [...rows].sort((a, b) =>
    (a[column] ?? '').localeCompare(b[column] ?? '', undefined, { numeric: true }),
  )
  return descending ? order.toReversed() : order
}
