'use client'
import { Zap } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useMayWith } from '#components/data/use-session.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { permissionOf } from '#lib/containers/rules.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { ContainerState } from './container-state.tsx'
import { isStopping, useActionStates, useContainerActions } from './use-container-actions.ts'

/** The state with the action that is under way; beside a stop that is waited for, the way to wait no more. */
export function LiveState({ container }: { container: Container }) {
  const t = useTranslations('containers.action')
  const may = useMayWith(container)
  const pending = useActionStates().pending.get(objectKey(container.hostId, container.id)) ?? null
  const { killNow } = useContainerActions()
  return (
    <span className="flex min-w-0 items-center gap-1">
      <ContainerState container={container} pending={pending} />
      {pending && isStopping(pending) && may(permissionOf.kill) && (
        <IconButton
          size="sm"
          label={t('killNowOf', { name: container.name })}
          icon={<Zap />}
          onClick={() => void killNow(container)}
        />
      )}
    </span>
  )
}
