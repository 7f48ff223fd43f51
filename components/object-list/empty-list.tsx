'use client'
import { Server } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { usePermission } from '#components/data/use-session.ts'
import { NothingGranted } from '#components/page/nothing-granted.tsx'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import type { ReadKind } from '#lib/fleet/host-reading.ts'
import { SilentHosts, useSilentHosts } from './silent-hosts.tsx'
import type { ObjectList } from './use-object-list.ts'

export interface EmptyWords {
  /** "No images". */
  title: string
  /** Where all hosts in scope answered and have none. */
  text: string
  /** Why a filter leaves nothing over, where the list can tell. */
  filtered?: ReactNode
}

/** In the place of rows: whether there are none, which hosts have not said so, and the way on. */
export function EmptyList<R>({
  list,
  kind,
  icon,
  words,
}: {
  list: ObjectList<R>
  kind: ReadKind | undefined
  icon: ReactNode
  words: EmptyWords
}) {
  const t = useTranslations('lists')
  const hostWords = useTranslations('hosts.silent')
  const { silent, all: nobodyAnswered } = useSilentHosts(kind)
  if (list.hosts.size === 0) return <NoHosts />
  if (list.filter !== '') {
    return (
      <EmptyState
        icon={icon}
        title={t('filteredTitle')}
        action={
          <Button inPreview onClick={() => list.setFilter(null)}>
            {t('clearFilter')}
          </Button>
        }
      >
        {words.filtered ?? t('filteredText')} <SilentHosts hosts={silent} />
      </EmptyState>
    )
  }
  if (silent.length > 0) {
    return (
      <EmptyState icon={icon} title={nobodyAnswered ? hostWords('title') : words.title}>
        {!nobodyAnswered && t('answeredText')} <SilentHosts hosts={silent} />
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={icon} title={words.title}>
      {words.text}
    </EmptyState>
  )
}

function NoHosts() {
  const t = useTranslations('hosts')
  const mayAdd = usePermission('hosts.edit')
  const href = useScopedHref()
  if (!mayAdd) return <NothingGranted />
  return (
    <EmptyState
      icon={<Server />}
      title={t('empty.title')}
      action={
        <Button asChild variant="primary">
          <Link href={href('/hosts/add')}>{t('add')}</Link>
        </Button>
      }
    >
      {t('empty.text')}
    </EmptyState>
  )
}
