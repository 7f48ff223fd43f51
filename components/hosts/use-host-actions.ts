'use client'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Host } from '#lib/contracts/hosts.ts'

export type HostVerb = 'pause' | 'resume' | 'reconnect'

/** Pauses, resumes, reconnects and forgets hosts, telling how it ended. */
export function useHostActions() {
  const t = useTranslations('hosts')
  const errorText = useErrorText()
  return useMemo(
    () => ({
      async run(host: Host, verb: HostVerb): Promise<void> {
        try {
          await api.post(`/api/hosts/:hostId/${verb}`, { params: { hostId: host.id } })
          toast.success(t(`done.${verb}`, { name: host.name }))
        } catch (error) {
          const { sentence, remedy } = errorText(error)
          toast.error(sentence, { description: remedy ?? undefined })
        }
      },
      /** Throws for the dialog to show. */
      async remove(host: Host): Promise<void> {
        await api.delete('/api/hosts/:hostId', { params: { hostId: host.id } })
        toast.success(t('done.remove', { name: host.name }))
      },
    }),
    [t, errorText],
  )
}
