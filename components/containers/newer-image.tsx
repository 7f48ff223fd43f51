'use client'
import { useMutation } from '@tanstack/react-query'
import { ArrowUpCircle } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { ManagerWarning } from '#components/containers/managed-by.tsx'
import { api } from '#components/data/api.ts'
import { useMayWith } from '#components/data/use-session.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { useNewer } from '#components/updates/use-updates.ts'
import { recreatePermissions } from '#lib/containers/rules.ts'
import type { Container } from '#lib/contracts/containers.ts'

/** The registry or the host has a newer image for this container's tag: one click makes it anew on that, the way back kept. */
export function NewerImage({ container }: { container: Container }) {
  const t = useTranslations('updates')
  const holds = useMayWith(container)
  const newer = useNewer(container)
  const [asking, setAsking] = useState(false)
  const params = { hostId: container.hostId, containerId: container.id }
  const update = useMutation({
    async mutationFn() {
      const { spec } = await api.get('/api/hosts/:hostId/containers/:containerId/spec', { params })
      return api.post('/api/hosts/:hostId/containers/:containerId/recreate', {
        params,
        // What is on the host already may come from no registry at all.
        body: { spec, pull: newer === 'pulled' ? 'missing' : 'always', keepOld: true },
      })
    },
    onSuccess(task) {
      taskStore.put(task)
      openTray()
    },
  })
  if (!newer) return null
  const may =
    recreatePermissions.every(holds) &&
    holds('containers.reveal') &&
    // What is on the host already is not pulled.
    (newer === 'pulled' || holds('images.pull'))
  return (
    <section
      aria-label={t('available')}
      className="flex shrink-0 flex-wrap items-center gap-3 rounded-md bg-accent-soft px-3 py-2"
    >
      <ArrowUpCircle aria-hidden className="size-4 shrink-0 text-accent" />
      <p className="min-w-0 flex-1">
        {t(newer === 'pulled' ? 'onHostText' : 'availableText', { reference: container.image })}
      </p>
      {may && (
        <Button size="sm" variant="primary" onClick={() => setAsking(true)}>
          {t(newer === 'pulled' ? 'recreate' : 'update')}
        </Button>
      )}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        destructive={false}
        title={t(newer === 'pulled' ? 'recreateTitle' : 'updateTitle', { name: container.name })}
        description={t(newer === 'pulled' ? 'updateOnHostText' : 'updateText')}
        confirmLabel={t(newer === 'pulled' ? 'recreate' : 'update')}
        onConfirm={() => update.mutateAsync()}
      >
        <ManagerWarning container={container} act="recreate" />
      </ConfirmDialog>
    </section>
  )
}
