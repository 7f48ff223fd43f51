'use client'
import { useQuery } from '@tanstack/react-query'
import { RotateCw, ServerOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import type { DiscoveredEngine } from '#lib/contracts/hosts.ts'
import { EngineRow, type EngineRowState } from './engine-row.tsx'

/** The engines of this machine as a checklist; what answers is chosen already. Each is added by itself. */
export function EngineChoice({ onDone }: { onDone(): void }) {
  const t = useTranslations('setup')
  const found = useQuery({
    queryKey: queryKeys.discoveredHosts(),
    queryFn: ({ signal }) => api.get('/api/hosts/discovered', { signal }),
  })
  const [choice, setChoice] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [rows, setRows] = useState<ReadonlyMap<string, EngineRowState>>(new Map())
  const [busy, setBusy] = useState(false)

  const engines = found.data ?? []
  const isAdded = (engine: DiscoveredEngine) =>
    engine.registeredAs !== null || rows.get(engine.key)?.state === 'added'
  const open = engines.filter((engine) => !isAdded(engine))
  const chosen = open.filter((engine) => choice.get(engine.key) ?? engine.reachable)

  const addChosen = async () => {
    setBusy(true)
    const results = await Promise.all(
      chosen.map(async (engine) => {
        const report = (state: EngineRowState) => setRows((before) => new Map(before).set(engine.key, state))
        report({ state: 'adding' })
        try {
          await api.post('/api/hosts/discovered/:key', { params: { key: engine.key } })
          report({ state: 'added' })
          return true
        } catch (error) {
          report({ state: 'failed', error })
          return false
        }
      }),
    )
    setBusy(false)
    if (results.every(Boolean)) onDone()
  }

  if (found.error) {
    return (
      <>
        <ErrorNote title={t('enginesFailed')} error={found.error} onRetry={() => void found.refetch()} />
        <Button className="self-start" onClick={onDone}>
          {t('finish')}
        </Button>
      </>
    )
  }
  if (found.isPending) {
    return (
      <ul aria-label={t('enginesLooking')} aria-busy className="rounded-lg border bg-surface">
        {[1, 2, 3].map((row) => (
          <li key={row} className="flex h-14 items-center gap-3 border-b px-3 last:border-b-0">
            <Skeleton className="size-4" />
            <Skeleton className="w-48" />
          </li>
        ))}
      </ul>
    )
  }
  if (engines.length === 0) {
    return (
      <EmptyState
        icon={<ServerOff />}
        title={t('enginesNone')}
        className="rounded-lg border py-10"
        action={
          <>
            <Button onClick={() => void found.refetch()} busy={found.isFetching}>
              <RotateCw aria-hidden /> {t('lookAgain')}
            </Button>
            <Button variant="primary" onClick={onDone}>
              {t('finish')}
            </Button>
          </>
        }
      >
        {t('enginesNoneText')}
      </EmptyState>
    )
  }
  return (
    <>
      <ul className="max-h-[56vh] overflow-y-auto rounded-lg border bg-surface">
        {engines.map((engine) => (
          <EngineRow
            key={engine.key}
            engine={engine}
            status={isAdded(engine) ? { state: 'added' } : (rows.get(engine.key) ?? { state: 'open' })}
            checked={chosen.includes(engine)}
            disabled={busy}
            onCheckedChange={(checked) => setChoice((before) => new Map(before).set(engine.key, checked))}
          />
        ))}
      </ul>
      <div className="flex items-center gap-2">
        {open.length > 0 && (
          <Button
            variant="primary"
            size="lg"
            disabled={chosen.length === 0}
            busy={busy}
            onClick={() => void addChosen()}
          >
            {t('addSelected', { count: chosen.length })}
          </Button>
        )}
        <Button variant={open.length > 0 ? 'ghost' : 'primary'} size="lg" disabled={busy} onClick={onDone}>
          {engines.some(isAdded) ? t('finish') : t('skip')}
        </Button>
      </div>
    </>
  )
}
