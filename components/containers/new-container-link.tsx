'use client'
import { Plus } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'

/** To the form, for who may create. */
export function NewContainerLink() {
  const t = useTranslations('containers.action')
  const { permissions } = useSession()
  const href = useScopedHref()
  if (!permissions.includes('containers.create')) return null
  return (
    <Button asChild size="sm">
      <Link href={href('/containers/new')}>
        <Plus aria-hidden /> {t('new')}
      </Link>
    </Button>
  )
}
