'use client'
import { Check } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useMay } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { permissionOf } from '#lib/containers/rules.ts'
import type { ContainerAttention } from '#lib/fleet/overview.ts'

/** Says that one has seen it; for those of the containers that the person may restart. */
export function AcknowledgeButton({
  items,
  onAcknowledge,
}: {
  items: readonly ContainerAttention[]
  onAcknowledge(items: readonly ContainerAttention[]): void
}) {
  const t = useTranslations('fleet.attention')
  const may = useMay()
  const mine = items.filter(({ container }) =>
    may(permissionOf.restart, { hostId: container.hostId, container }),
  )
  if (mine.length === 0) return null
  return (
    <Button
      size="sm"
      variant="ghost"
      aria-label={t('actionOn', { action: t('acknowledge.action'), name: mine[0]?.container.name ?? '' })}
      onClick={() => onAcknowledge(mine)}
    >
      <Check aria-hidden />
      <span className="max-lg:hidden">{t('acknowledge.action')}</span>
    </Button>
  )
}
