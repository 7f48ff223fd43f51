'use client'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { StateMark } from '#components/ui/state-mark.tsx'
import { type AttentionGroup, type ContainerAttention, isSeen } from '#lib/fleet/overview.ts'
import { AcknowledgeButton } from './acknowledge-button.tsx'
import { AttentionRow, attentionRowClass, toneOfProblem, useProblemLabel } from './attention-row.tsx'

const mostHosts = 3

/** One failure of containers of one name, on many hosts, that opens into a row for each; a single one is its row. */
export function AttentionGroupRow({
  group,
  onAcknowledge,
}: {
  group: AttentionGroup
  onAcknowledge(items: readonly ContainerAttention[]): void
}) {
  const t = useTranslations('fleet.attention')
  const [open, setOpen] = useState(false)
  const label = useProblemLabel(group.first)
  const { first, items } = group
  if (items.length === 1 || !('container' in first))
    return <AttentionRow item={first} onAcknowledge={onAcknowledge} />
  const hosts = items.flatMap((item) => (item.host ? [item.host.name] : []))
  const failures = items.filter((item) => 'container' in item)
  const Arrow = open ? ChevronDown : ChevronRight
  return (
    <>
      <li className={attentionRowClass}>
        <StateMark tone={toneOfProblem(first)} label={label} className="max-md:col-start-1" />
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex min-w-0 items-center gap-1.5 text-left max-md:col-start-1 max-md:row-start-2"
        >
          <Arrow aria-hidden className="size-4 shrink-0 text-ink-faint" />
          <span className="max-w-[60%] shrink-0 truncate font-medium">{first.container.name}</span>
          <span className="min-w-0 truncate text-ink-muted">
            {t('onHosts', {
              count: hosts.length,
              hosts: hosts.slice(0, mostHosts).join(', '),
              rest: hosts.length > mostHosts ? t('andMore', { count: hosts.length - mostHosts }) : '',
            })}
          </span>
        </button>
        <span className="max-md:hidden" />
        <span className="flex justify-end gap-2 max-md:col-start-2 max-md:row-span-2 max-md:row-start-1">
          {!isSeen(first) && <AcknowledgeButton items={failures} onAcknowledge={onAcknowledge} />}
          <Button inPreview size="sm" className="max-md:hidden" onClick={() => setOpen(!open)}>
            {open ? t('fold') : t('unfold')}
          </Button>
        </span>
      </li>
      {open &&
        items.map((item) => <AttentionRow key={item.key} item={item} onAcknowledge={onAcknowledge} inner />)}
    </>
  )
}
