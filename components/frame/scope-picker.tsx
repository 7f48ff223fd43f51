'use client'
import { ChevronsUpDown } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { type Scope, useScope } from '#components/data/use-scope.ts'
import { cn } from '#components/ui/cn.ts'
import { Popover } from '#components/ui/popover.tsx'

const ScopeList = lazy(() => import('./scope-list.tsx'))

/** Which hosts every page is about. */
export function ScopePicker() {
  const t = useTranslations('shell.scope')
  const { scope } = useScope()
  const [open, setOpen] = useState(false)
  const name = useScopeName(scope)
  return (
    <Popover
      label={t('label')}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button
          type="button"
          className={cn(
            'inline-flex h-8 min-w-0 max-w-64 items-center gap-1.5 rounded-md px-2 font-medium hover:bg-hover aria-expanded:bg-hover pointer-coarse:h-10',
            scope.kind !== 'all' && 'bg-accent-soft text-accent',
          )}
        >
          <span className="sr-only">{t('label')}: </span>
          <span className="truncate">{name}</span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-faint" />
        </button>
      }
    >
      <Suspense fallback={<div className="h-72" />}>
        <ScopeList onClose={() => setOpen(false)} />
      </Suspense>
    </Popover>
  )
}

function useScopeName(scope: Scope): string {
  const t = useTranslations('shell.scope')
  const only = useFleet((fleet) =>
    scope.kind === 'hosts' && scope.hostIds.length === 1
      ? fleet.hosts.get(scope.hostIds[0] ?? '')
      : undefined,
  )
  if (scope.kind === 'all') return t('all')
  if (scope.kind === 'tag') return t('tag', { tag: scope.tag })
  return only ? only.name : t('hosts', { count: scope.hostIds.length })
}
