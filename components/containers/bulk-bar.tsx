'use client'
import { ScrollText } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMay } from '#components/data/use-session.ts'
import { SelectionBar } from '#components/object-list/selection-bar.tsx'
import type { ObjectList } from '#components/object-list/use-object-list.ts'
import { Button } from '#components/ui/button.tsx'
import { isPossible, permissionOf } from '#lib/containers/rules.ts'
import type { BulkAction } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { logsHref } from '#lib/logs/selection.ts'
import type { Permission } from '#lib/permissions.ts'

const offered: readonly BulkAction[] = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove']

/** The bar below the table while rows are selected. */
export function BulkBar({ list, onAct }: { list: ObjectList<Container>; onAct(action: BulkAction): void }) {
  const t = useTranslations('containers')
  const selected = list.selection
  const may = useMay()
  const holds = (permission: Permission, container: Container) =>
    may(permission, { hostId: container.hostId, container })
  const readable = selected.filter((container) => holds('containers.logs', container))
  const href = useScopedHref()
  const permitted = offered.filter((action) =>
    selected.some((container) => holds(permissionOf[action], container)),
  )
  return (
    <SelectionBar list={list} label={t('bulk.bar')}>
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
    </SelectionBar>
  )
}
