'use client'
import { useMutation } from '@tanstack/react-query'
import { Camera, Copy, CopyPlus, Download, Gauge, RefreshCw } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, apiUrl } from '#components/data/api.ts'
import { useHost } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMayWith } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { copyText } from '#components/ui/copy-text.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import { recreatePermissions } from '#lib/containers/rules.ts'
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
  const may = useMayWith(container)
  const [asking, setAsking] = useState<'update' | 'commit' | null>(null)
  const close = () => setAsking(null)
  const { hostId, id } = container
  const actions = useTranslations('containers.action')
  const href = useScopedHref()
  const flavour = useHost(hostId)?.engine?.flavour ?? 'docker'
  const errorText = useErrorText()
  const line = useMutation({
    async mutationFn() {
      const { printRun } = await import('#lib/docker-run/print.ts')
      const { spec } = await api.get('/api/hosts/:hostId/containers/:containerId/spec', {
        params: { hostId, containerId: id },
      })
      await copyText(printRun(spec, { flavour }))
    },
    onSuccess: () => toast.success(t('copiedRun')),
    onError: (error) => toast.error(errorText(error).sentence),
  })
  return (
    <div className="flex shrink-0 flex-wrap gap-2">
      {may('containers.update') && inspect && (
        <Button size="sm" onClick={() => setAsking('update')}>
          <Gauge aria-hidden /> {t('update')}
        </Button>
      )}
      {may('containers.commit') && (
        <Button size="sm" onClick={() => setAsking('commit')}>
          <Camera aria-hidden /> {t('commit')}
        </Button>
      )}
      {may('containers.export') && (
        <Button asChild size="sm">
          <a
            href={apiUrl('GET /api/hosts/:hostId/containers/:containerId/export', {
              params: { hostId, containerId: id },
            })}
            download={`${container.name}.tar`}
          >
            <Download aria-hidden /> {t('export')}
          </a>
        </Button>
      )}
      {may('containers.create') && may('containers.reveal') && (
        <>
          <Button size="sm" busy={line.isPending} onClick={() => line.mutate()}>
            <Copy aria-hidden /> {t('copyRun')}
          </Button>
          <Button asChild size="sm">
            <Link href={href(`/containers/new?from=${hostId}/${id}`)}>
              <CopyPlus aria-hidden /> {actions('duplicate')}
            </Link>
          </Button>
          {recreatePermissions.every(may) && (
            <Button asChild size="sm">
              <Link href={href(`/containers/new?recreate=${hostId}/${id}`)}>
                <RefreshCw aria-hidden /> {actions('recreate')}
              </Link>
            </Button>
          )}
        </>
      )}
      {asking === 'update' && inspect && (
        <UpdateDialog container={container} inspect={inspect} onClose={close} />
      )}
      {asking === 'commit' && <CommitDialog container={container} onClose={close} />}
    </div>
  )
}
