'use client'
import { useTranslations } from 'use-intl'
import { useMayWith } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { undoerOf } from '#lib/containers/managed-by.ts'
import { isPossible, permissionOf } from '#lib/containers/rules.ts'
import type { Container, ContainerAction } from '#lib/contracts/containers.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { type AskingAction, actionIcons, ContainerMenu } from './container-menu.tsx'
import { useActionStates } from './use-container-actions.ts'

/**
 * What is done most to a container, in sight: start or stop, and restart. The rest is in the menu behind. What the role
 * lacks is not shown; while an action is under way the others wait.
 */
export function ContainerActions({
  container,
  disabled,
  onRun,
  onAsk,
}: {
  container: Container
  /** The host is not online. */
  disabled: boolean
  onRun(action: ContainerAction): void
  onAsk(action: AskingAction): void
}) {
  const t = useTranslations('containers.action')
  const may = useMayWith(container)
  const pending = useActionStates().pending.get(objectKey(container.hostId, container.id))
  const first = isPossible('start', container) ? 'start' : container.state === 'paused' ? 'unpause' : 'stop'
  const shown: readonly ContainerAction[] = [first, 'restart']
  const act = (action: ContainerAction) => {
    if (action === 'stop' && undoerOf('stop', container)) onAsk('stop')
    else onRun(action)
  }
  return (
    <>
      {shown.map(
        (action) =>
          may(permissionOf[action]) && (
            <Button
              key={action}
              size="sm"
              disabled={disabled || !isPossible(action, container) || pending !== undefined}
              busy={pending?.action === action}
              onClick={() => act(action)}
            >
              {actionIcons[action]}
              <span className="max-md:sr-only">{t(action)}</span>
            </Button>
          ),
      )}
      <ContainerMenu {...{ container, disabled, onRun, onAsk }} />
    </>
  )
}
