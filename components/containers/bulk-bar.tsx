'use client'
import { ScrollText, X } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useSession } from '#components/data/use-session.ts'
import { logsHref } from '#components/logs/log-selection.ts'
import { Button } from '#components/ui/button.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { isPossible, permissionOf } from '#lib/container-rules.ts'
import type { BulkAction } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'

const offered: readonly BulkAction[] = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove']

/** The bar below the table while rows are selected. */
export function BulkBar({
  selected,
  onAct,
  onClear,
}: {
  selected: readonly Container[]
  onAct(action: BulkAction): void
  onClear(): void
}) {
  const t = useTranslations('containers')
  const common = useTranslations('common')
  const { permissions } = useSession()
  const href = useScopedHref()
  if (selected.length === 0) return null
  return (
    <section aria-label={t('bulk.bar')} className="shrink-0 border-t bg-raised">
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
              disabled={!selected.some((container) => isPossible(action, container))}
              onClick={() => onAct(action)}
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
    </section>
  )
}
