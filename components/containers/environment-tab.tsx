'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useMayWith } from '#components/data/use-session.ts'
import { NameValues } from '#components/details/facts.tsx'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Button } from '#components/ui/button.tsx'
import { TabBody, waitingFor } from './tab-body.tsx'
import { useContainerInspect } from './use-container-inspect.ts'

export function EnvironmentTab({ container, stale }: ContainerTabProps) {
  const [reveal, setReveal] = useState(false)
  const query = useContainerInspect(container, { stale, reveal })
  return (
    <TabBody>
      {waitingFor(query, stale) ?? (
        <Environment
          container={container}
          inspect={query.data}
          revealed={reveal}
          onReveal={() => setReveal(true)}
        />
      )}
    </TabBody>
  )
}

/** Names at once, values when asked for: a screen is often shared. */
function Environment({
  container,
  inspect,
  revealed,
  onReveal,
}: {
  container: ContainerTabProps['container']
  inspect: Record<string, unknown> | undefined
  revealed: boolean
  onReveal(): void
}) {
  const t = useTranslations('containers.drawer')
  const may = useMayWith(container)('containers.reveal')
  const entries = ((inspect?.Config as { Env?: string[] | null } | undefined)?.Env ?? []).map((entry) => {
    const at = entry.indexOf('=')
    return { name: entry.slice(0, at < 0 ? undefined : at), value: at < 0 ? '' : entry.slice(at + 1) }
  })
  if (entries.length === 0) return <p className="text-ink-muted">{t('noEnvironment')}</p>
  return (
    <>
      {!revealed && (
        <div className="flex items-center justify-between gap-3 rounded-md border px-3 py-2">
          <span className="text-ink-muted">{t('environmentHidden')}</span>
          {may && (
            <Button size="sm" onClick={onReveal}>
              {t('reveal')}
            </Button>
          )}
        </div>
      )}
      <NameValues entries={entries.map(({ name, value }) => [name, revealed ? value : '••••••••'])} />
    </>
  )
}
