'use client'
import { CircleCheck } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { type ContainerAttention, groupAttention, isSeen } from '#lib/fleet/overview.ts'
import { AcknowledgeDialog } from './acknowledge-dialog.tsx'
import { AttentionGroupRow } from './attention-group-row.tsx'
import { useAttention } from './use-attention.ts'

/** As many as fit above the hosts on a common screen. */
const firstShown = 6

/** What to look at, worst first: one row for a failure that many hosts have. What somebody has seen stands below. */
export function AttentionList() {
  const t = useTranslations('fleet.attention')
  const found = useAttention()
  const [all, setAll] = useState(false)
  const [seenShown, setSeenShown] = useState(false)
  const [asked, setAsked] = useState<readonly ContainerAttention[] | null>(null)
  const { open, seen } = useMemo(() => {
    const [mine, others] = [found.filter((item) => !isSeen(item)), found.filter(isSeen)]
    return { open: groupAttention(mine), seen: groupAttention(others) }
  }, [found])
  const count = found.filter((item) => !isSeen(item)).length
  const shown = all ? open : open.slice(0, firstShown)
  return (
    <section aria-labelledby="attention" className="flex flex-col gap-2">
      <h2 id="attention" className="flex items-baseline gap-2 font-semibold text-base">
        {t('title')}
        {count > 0 && <span className="font-normal text-ink-faint text-sm tabular-nums">{count}</span>}
      </h2>
      {open.length === 0 ? (
        <p className="flex h-11 items-center gap-2 rounded-lg border bg-surface px-4 text-ink-muted">
          <CircleCheck aria-hidden className="size-4 text-state-running" />
          {t('nothing')}
        </p>
      ) : (
        <ul className="overflow-hidden rounded-lg border bg-surface">
          {shown.map((group) => (
            <AttentionGroupRow key={group.key} group={group} onAcknowledge={setAsked} />
          ))}
        </ul>
      )}
      <div className="flex gap-2">
        {open.length > firstShown && (
          <Button inPreview size="sm" variant="ghost" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t('fewer') : t('more', { count: open.length - firstShown })}
          </Button>
        )}
        {seen.length > 0 && (
          <Button
            inPreview
            size="sm"
            variant="ghost"
            aria-expanded={seenShown}
            onClick={() => setSeenShown(!seenShown)}
          >
            {t(seenShown ? 'hideAcknowledged' : 'showAcknowledged', { count: found.length - count })}
          </Button>
        )}
      </div>
      {seenShown && seen.length > 0 && (
        <ul aria-label={t('acknowledged')} className="overflow-hidden rounded-lg border bg-surface">
          {seen.map((group) => (
            <AttentionGroupRow key={group.key} group={group} onAcknowledge={setAsked} />
          ))}
        </ul>
      )}
      {asked && <AcknowledgeDialog items={asked} onClose={() => setAsked(null)} />}
    </section>
  )
}
