'use client'
import { Maximize2 } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'use-intl'
import { useHost } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useGoneWords } from '#components/object-list/silent-hosts.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import { ContainerActions } from './container-actions.tsx'
import { ContainerDetailView } from './container-detail.tsx'
import type { AskingAction } from './container-menu.tsx'
import { isStale } from './container-state.tsx'
import { LiveState } from './live-state.tsx'
import { useContainerActions } from './use-container-actions.ts'

/** One container beside the list. When it goes away while open, that is said in its place. */
export function ContainerDrawer({
  open,
  container,
  onClose,
  onAsk,
}: {
  /** What the URL asks for. */
  open: string
  container: Container | undefined
  onClose(): void
  onAsk(action: AskingAction, container: Container): void
}) {
  const t = useTranslations('containers.drawer')
  const router = useRouter()
  const href = useScopedHref()
  const host = useHost(container?.hostId ?? open.split('/')[0] ?? null)
  const { run } = useContainerActions()
  const gone = useGoneWords(open.split('/')[0] ?? null, 'containers', {
    title: t('gone'),
    text: t('goneText'),
  })
  return (
    <Drawer
      open
      onOpenChange={(next) => !next && onClose()}
      title={container?.name ?? gone.title}
      subtitle={
        container ? (
          <span className="flex min-w-0 items-center gap-2">
            <span className="shrink-0">
              <LiveState container={container} />
            </span>
            <span className="truncate">
              {host?.name} · {container.image}
            </span>
          </span>
        ) : (
          host?.name
        )
      }
      actions={
        container && (
          <>
            <ContainerActions
              container={container}
              disabled={isStale(host)}
              onRun={(action) => void run(container, action)}
              onAsk={(action) => onAsk(action, container)}
            />
            <IconButton
              inPreview
              label={t('openFull')}
              icon={<Maximize2 />}
              side="bottom"
              onClick={() => router.push(href(`/containers/${container.hostId}/${container.id}`))}
            />
          </>
        )
      }
    >
      {container ? (
        // Keyed: neither what was revealed nor the document of one container may show under the next one.
        <ContainerDetailView key={`${container.hostId}/${container.id}`} container={container} />
      ) : (
        <p className="p-4 text-ink-muted">{gone.text}</p>
      )}
    </Drawer>
  )
}
