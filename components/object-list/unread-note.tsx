'use client'
import { TriangleAlert } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useHosts } from '#components/data/use-live.ts'
import { Age } from '#components/ui/age.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import type { ReadKind } from '#lib/fleet/host-reading.ts'

const mostLines = 4

/** Above a table: hosts of which it does not show all, or only what was, and why. Nothing where all is read. */
export function UnreadNote({ kind }: { kind: ReadKind }) {
  const t = useTranslations('hosts.unread')
  const errorText = useErrorText()
  const lines = useHosts()
    .filter(({ state }) => state === 'online')
    .flatMap(({ id, name, syncedAt, reading }) => {
      const failure = reading.failed.find((each) => each.kind === kind)
      const odd = reading.odd.find((each) => each.kind === kind)
      return [
        ...(failure
          ? [
              <li key={id}>
                {t.rich(syncedAt ? 'failed' : 'neverRead', {
                  host: name,
                  error: errorText(failure.error).sentence,
                  age: () => <Age at={failure.since} />,
                })}
              </li>,
            ]
          : []),
        ...(odd
          ? [
              <li key={`${id} odd`} title={odd.detail}>
                {t('odd', { host: name, count: odd.count, name: odd.name })}
              </li>,
            ]
          : []),
      ]
    })
  if (lines.length === 0) return null
  return (
    <div
      role="status"
      className="mx-4 mb-2 flex shrink-0 items-start gap-2 rounded-md border border-line-strong px-3 py-2 md:mx-5"
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-caution" />
      <ul className="min-w-0 flex-1">
        {lines.slice(0, mostLines)}
        {lines.length > mostLines && <li>{t('more', { count: lines.length - mostLines })}</li>}
      </ul>
    </div>
  )
}
