'use client'
import { ScrollText, X } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMay } from '#components/data/use-session.ts'
import { logsHref } from '#components/logs/log-selection.ts'
import { Button } from '#components/ui/button.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { isPossible, permissionOf } from '#lib/container-rules.ts'
import type { BulkAction } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Permission } from '#lib/permissions.ts'

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
  const may = useMay()
  const holds = (permission: Permission, container: Container) =>
    may(permission, { hostId: container.hostId, container })
  const readable = selected.filter((container) => holds('containers.logs', container))
  const href = useScopedHref()
  const permitted = offered.filter((action) =>
    selected.some((container) => holds(permissionOf[action], container)),
  )
  return (
    <section aria-label={t('bulk.bar')} className="shrink-0 border-t bg-raised">
      <div className="flex items-center gap-1.5 overflow-x-auto px-4 py-1.5 md:px-5">
        <span className="mr-2 whitespace-nowrap font-medium">
          {common('selected', { count: selected.length })}
        </span>
        {permitted.length === 0 && readable.length === 0 && (
          <span className="text-ink-muted">{t('bulk.nothing')}</span>
        )}
        {permitted.map((action) => (
          <Button
            key={action}
            size="sm"
            variant={action === 'remove' ? 'danger' : 'default'}
            disabled={
              !selected.some(
                (container) => isPossible(action, container) && holds(permissionOf[action], container),
              )
            }
            onClick={() => onAct(action)}
          >
            {t(`action.${action}`)}
          </Button>
        ))}
        {readable.length > 0 && (
          <Button inPreview asChild size="sm">
            <Link href={href(logsHref(readable))}>
              <ScrollText aria-hidden /> {t('action.logs')}
            </Link>
          </Button>
        )}
        <IconButton
          inPreview
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
