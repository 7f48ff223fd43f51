'use client'
import { Camera, Download, Gauge } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { apiUrl } from '#components/data/api.ts'
import { useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import type { Container } from '#lib/contracts/containers.ts'

const UpdateDialog = dynamic(() => import('./update-dialog.tsx').then((module) => module.UpdateDialog), {
  ssr: false,
})
const CommitDialog = dynamic(() => import('./commit-dialog.tsx').then((module) => module.CommitDialog), {
  ssr: false,
})

/** What is done to a container once in a while: its limits, an image of it, its files as a tar. */
export function ContainerExtras({
  container,
  inspect,
}: {
  container: Container
  inspect: Record<string, unknown> | undefined
}) {
  const t = useTranslations('containers.extras')
  const { permissions } = useSession()
  const [asking, setAsking] = useState<'update' | 'commit' | null>(null)
  const close = () => setAsking(null)
  const { hostId, id } = container
  return (
    <div className="flex shrink-0 flex-wrap gap-2">
      {permissions.includes('containers.update') && inspect && (
        <Button size="sm" onClick={() => setAsking('update')}>
          <Gauge aria-hidden /> {t('update')}
        </Button>
      )}
      {permissions.includes('containers.commit') && (
        <Button size="sm" onClick={() => setAsking('commit')}>
          <Camera aria-hidden /> {t('commit')}
        </Button>
      )}
      {permissions.includes('containers.export') && (
        <Button asChild size="sm">
          <a href={apiUrl(`/api/hosts/${hostId}/containers/${id}/export`)} download={`${container.name}.tar`}>
            <Download aria-hidden /> {t('export')}
          </a>
        </Button>
      )}
      {asking === 'update' && inspect && (
        <UpdateDialog container={container} inspect={inspect} onClose={close} />
      )}
      {asking === 'commit' && <CommitDialog container={container} onClose={close} />}
    </div>
  )
}
