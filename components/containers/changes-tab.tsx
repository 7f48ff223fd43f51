'use client'
import { useQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { RotateCw } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Input } from '#components/ui/input.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { waitingFor } from './tab-body.tsx'

const kinds = ['all', 'added', 'modified', 'deleted'] as const
type Kind = (typeof kinds)[number]
const marks = { added: 'A', modified: 'C', deleted: 'D' } as const
const colours = {
  added: 'text-state-running',
  modified: 'text-caution',
  deleted: 'text-danger',
} as const

/** What differs from the image: asked for once, since it can be thousands of paths. */
export function ChangesTab({ container, stale }: ContainerTabProps) {
  const t = useTranslations('containers.changes')
  const scroller = useRef<HTMLDivElement>(null)
  const [text, setText] = useState('')
  const [kind, setKind] = useState<Kind>('all')
  const query = useQuery({
    queryKey: queryKeys.containerChanges(container.hostId, container.id),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/containers/:containerId/changes', {
        params: { hostId: container.hostId, containerId: container.id },
        signal,
      }),
    enabled: !stale,
    retry: false,
  })
  const all = query.data?.items ?? []
  const items = all.filter(
    (item) => (kind === 'all' || item.kind === kind) && item.path.toLowerCase().includes(text.toLowerCase()),
  )
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 24,
    overscan: 20,
  })
  return (
    <div className="fill gap-3 p-4">
      <div className="flex shrink-0 flex-wrap items-center gap-2">
        <Input
          type="search"
          className="max-w-64"
          aria-label={t('filter')}
          placeholder={t('filter')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Segmented<Kind>
          label={t('kind')}
          value={kind}
          onValueChange={(next) => setKind(next)}
          options={kinds.map((value) => ({ value, label: t(value) }))}
        />
        <span className="text-ink-muted text-xs">{query.data && t('count', { count: items.length })}</span>
        <Button inPreview className="ml-auto" busy={query.isFetching} onClick={() => void query.refetch()}>
          <RotateCw aria-hidden /> {t('again')}
        </Button>
      </div>
      {waitingFor(query, stale)}
      {query.data?.truncated && <p className="text-caution">{t('truncated', { count: all.length })}</p>}
      {query.data && items.length === 0 && (
        <EmptyState title={all.length === 0 ? t('none') : t('noMatch')}>
          {all.length === 0 ? t('noneText') : undefined}
        </EmptyState>
      )}
      {items.length > 0 && (
        <div
          ref={scroller}
          role="listbox"
          aria-label={t('title')}
          tabIndex={0}
          className="fill overflow-y-auto"
        >
          <div role="presentation" className="relative shrink-0" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((row) => {
              const item = items[row.index]
              return (
                item && (
                  <div
                    role="option"
                    aria-selected={false}
                    key={item.path}
                    className="absolute inset-x-0 flex gap-3 font-mono text-xs leading-6"
                    style={{ transform: `translateY(${row.start}px)` }}
                  >
                    <abbr title={t(item.kind)} className={`no-underline ${colours[item.kind]}`}>
                      {marks[item.kind]}
                    </abbr>
                    <span className="truncate" title={item.path}>
                      {item.path}
                    </span>
                  </div>
                )
              )
            })}
          </div>
        </div>
      )}
    </div>
  )
}
