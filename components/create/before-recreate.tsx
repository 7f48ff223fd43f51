'use client'
import { useTranslations } from 'use-intl'
import type { Dependent } from '#lib/contracts/container-create.ts'
import { Check } from './check.tsx'

/** What to know before a container is made anew: what its engine can't be told again, and who is made anew with it. */
export function BeforeRecreate({
  lost,
  dependents,
  accepts,
  onAccepts,
}: {
  lost: readonly string[]
  dependents: readonly Dependent[]
  accepts: boolean
  onAccepts: (accepts: boolean) => void
}) {
  const t = useTranslations('create')
  return (
    <>
      {dependents.length > 0 && (
        <section aria-label={t('dependents')} className="rounded-lg border bg-surface px-4 py-3">
          <p>{t('dependentsText')}</p>
          <ul className="mt-2 flex flex-col gap-1 text-sm">
            {dependents.map(({ id, name, by }) => (
              <li key={id}>
                {name} <span className="text-ink-muted">{t(`dependentBy.${by}`)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {lost.length > 0 && (
        <section
          aria-label={t('lost')}
          className="flex flex-col gap-2 rounded-lg border border-danger px-4 py-3"
        >
          <p>{t('lostText')}</p>
          <ul className="flex flex-col gap-1 font-mono text-xs">
            {lost.map((one) => (
              <li key={one} className="break-all">
                {one}
              </li>
            ))}
          </ul>
          <Check label={t('acceptLost')} checked={accepts} onChange={onAccepts} />
        </section>
      )}
    </>
  )
}
