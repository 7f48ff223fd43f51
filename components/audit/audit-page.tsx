'use client'
import { useMutation } from '@tanstack/react-query'
import { Download, RotateCw, ScrollText, ShieldCheck, X } from 'lucide-react'
import { parseAsInteger, useQueryState } from 'nuqs'
import { useRef } from 'react'
import { useTranslations } from 'use-intl'
import { api, apiUrl } from '#components/data/api.ts'
import { useAllHosts, useFleet } from '#components/data/use-live.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { useShortcut } from '#components/ui/shortcuts.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'
import type { AuditRecord } from '#lib/contracts/audit.ts'
import { AuditDrawer } from './audit-drawer.tsx'
import { AuditTable } from './audit-table.tsx'
import { sentenceOf } from './sentence.ts'
import { ShippingNote } from './shipping-note.tsx'
import { auditResults, useAuditFilter, useAuditRecord, useAuditRecords } from './use-audit.ts'
import { useAuditNames } from './use-audit-names.ts'
import { VerificationNote } from './verification-note.tsx'

/** Who did what, from where, and what came of it. */
export function AuditPage() {
  const t = useTranslations('audit')
  const hostById = useFleet((fleet) => fleet.hosts)
  const { view, setView, filter, listed: asked, isLess, isFiltered } = useAuditFilter()
  const [open, setOpen] = useQueryState('open', parseAsInteger.withOptions({ history: 'push' }))
  const query = useAuditRecords(asked)
  const verify = useMutation({ mutationFn: () => api.post('/api/audit/verify') })
  const records = query.data?.pages.flatMap((page) => page.items) ?? []
  const listed = records.find((record) => record.sequence === open)
  const single = useAuditRecord(listed ? null : open)
  const nameOf = (hostId: string) => hostById.get(hostId)?.name ?? hostId
  const names = useAuditNames(nameOf)
  const sentence = (record: AuditRecord) => sentenceOf(record, names, t)
  return (
    <div className="fill">
      <PageHeader
        title={t('title')}
        actions={
          <>
            <IconButton
              inPreview
              size="sm"
              label={t('refresh')}
              icon={<RotateCw className={query.isFetching ? 'animate-spin' : undefined} />}
              onClick={() => void query.refetch()}
            />
            <Button size="sm" asChild>
              <a href={apiUrl('GET /api/audit/export', { query: filter })} download>
                <Download aria-hidden /> {t('export')}
              </a>
            </Button>
            <Button inPreview size="sm" busy={verify.isPending} onClick={() => verify.mutate()}>
              <ShieldCheck aria-hidden /> {t('verify')}
            </Button>
          </>
        }
      />
      <div aria-live="polite" className="shrink-0 px-4 md:px-5">
        {verify.error && <ErrorNote className="mb-3" error={verify.error} onRetry={() => verify.mutate()} />}
        {verify.data && <VerificationNote result={verify.data} onClose={() => verify.reset()} />}
      </div>
      <div className="shrink-0 px-4 md:px-5">
        <ShippingNote />
      </div>
      <FilterBar view={view} setView={setView} isFiltered={isFiltered} />
      {query.error && (
        <ErrorNote className="mx-4 mb-3 md:mx-5" error={query.error} onRetry={() => void query.refetch()} />
      )}
      <div className="fill overflow-y-auto border-t bg-surface">
        {query.isPending && (
          <div className="flex flex-col gap-4 p-4">
            {[1, 2, 3, 4, 5, 6].map((each) => (
              <Skeleton key={each} className="w-full max-w-3xl" />
            ))}
          </div>
        )}
        {query.data && records.length === 0 && (
          <EmptyState
            icon={<ScrollText />}
            title={t(isLess ? 'noChanges' : isFiltered ? 'noneFound' : 'none')}
            action={
              isLess && (
                <Button inPreview size="sm" onClick={() => void setView({ shows: 'all' })}>
                  {t('showAll')}
                </Button>
              )
            }
          />
        )}
        {records.length > 0 && (
          <AuditTable
            records={records}
            sentence={sentence}
            open={open}
            onOpen={(record) => void setOpen(record.sequence)}
          />
        )}
        {query.hasNextPage && (
          <div className="grid place-items-center p-3">
            <Button
              inPreview
              size="sm"
              busy={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t('older')}
            </Button>
          </div>
        )}
      </div>
      {open !== null && (
        <AuditDrawer
          record={listed ?? single.data ?? null}
          isLoading={!listed && single.isPending}
          nameOf={nameOf}
          sentence={sentence}
          onClose={() => void setOpen(null)}
        />
      )}
    </div>
  )
}

function FilterBar({
  view,
  setView,
  isFiltered,
}: Pick<ReturnType<typeof useAuditFilter>, 'view' | 'setView' | 'isFiltered'>) {
  const t = useTranslations('audit')
  const hosts = useAllHosts()
  const search = useRef<HTMLInputElement>(null)
  useShortcut('/', () => search.current?.focus(), { group: 'list', label: t('filter.text') })
  const text = (name: 'text' | 'actor' | 'action' | 'from' | 'to') => ({
    'aria-label': t(`filter.${name}`),
    value: view[name],
    onChange: (event: { target: { value: string } }) => void setView({ [name]: event.target.value || null }),
  })
  const place = (name: 'text' | 'actor' | 'action') => ({ placeholder: t(`filter.${name}`), type: 'search' })
  return (
    <search className="flex shrink-0 flex-wrap items-center gap-2 px-4 pb-3 md:px-5">
      <Input ref={search} {...text('text')} {...place('text')} className="md:w-64" />
      <Input {...text('actor')} {...place('actor')} className="w-[calc(50%-0.25rem)] md:w-36" />
      <Input {...text('action')} {...place('action')} className="w-[calc(50%-0.25rem)] md:w-36" />
      <Select
        aria-label={t('filter.host')}
        className="w-[calc(50%-0.25rem)] md:w-40"
        value={view.host}
        options={[
          { value: '', label: t('filter.anyHost') },
          ...hosts.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onValueChange={(host) => void setView({ host: host || null })}
      />
      <Select
        aria-label={t('filter.result')}
        className="w-[calc(50%-0.25rem)] md:w-36"
        value={view.result ?? ''}
        options={[
          { value: '', label: t('filter.anyResult') },
          ...auditResults.map((value) => ({ value, label: t(`result.${value}`) })),
        ]}
        onValueChange={(result) => void setView({ result: result || null })}
      />
      <Select
        aria-label={t('filter.shows')}
        className="w-[calc(50%-0.25rem)] md:w-36"
        value={view.shows}
        options={[
          { value: 'changes', label: t('filter.changes') },
          { value: 'all', label: t('filter.all') },
        ]}
        onValueChange={(shows) => void setView({ shows })}
      />
      {(['from', 'to'] as const).map((end) => (
        <label key={end} className="flex items-center gap-1.5 text-ink-muted text-xs max-md:w-full">
          <span className="max-md:w-10">{t(`filter.${end}`)}</span>
          <Input type="datetime-local" {...text(end)} value={minuteOf(view[end], end)} className="md:w-52" />
        </label>
      ))}
      {isFiltered && (
        <Button inPreview size="sm" variant="ghost" onClick={() => void setView(null)}>
          <X aria-hidden /> {t('filter.clear')}
        </Button>
      )}
    </search>
  )
}

/** A day alone, as older links have it: its first minute, or its last. */
const minuteOf = (text: string, end: 'from' | 'to') =>
  /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T${end === 'from' ? '00:00' : '23:59'}` : text
