'use client'
import {
  Copy,
  Ellipsis,
  Hourglass,
  Pause,
  Pencil,
  Play,
  RefreshCw,
  RotateCw,
  ScrollText,
  Square,
  SquareTerminal,
  Timer,
  Trash2,
  Zap,
} from 'lucide-react'
import { useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMayWith } from '#components/data/use-session.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem, MenuLine } from '#components/ui/menu.tsx'
import { undoerOf } from '#lib/containers/managed-by.ts'
import { isPossible, permissionOf, recreatePermissions } from '#lib/containers/rules.ts'
import type { Container, ContainerAction } from '#lib/contracts/containers.ts'
import { logsHref } from '#lib/logs/selection.ts'

import { useWait } from './use-wait.ts'

/** Actions that ask before they run. */
export type AskingAction = 'stop' | 'kill' | 'rename' | 'remove'

export const actionIcons: Record<ContainerAction, ReactNode> = {
  start: <Play />,
  stop: <Square />,
  restart: <RotateCw />,
  pause: <Pause />,
  unpause: <Play />,
  kill: <Zap />,
  rename: <Pencil />,
  remove: <Trash2 />,
}

/** All actions of one container. What its state does not allow is shown disabled, what the role lacks is not shown. */
export function ContainerMenu({
  container,
  disabled,
  open,
  onOpenChange,
  onRun,
  onAsk,
}: {
  container: Container
  /** The host is not online. */
  disabled: boolean
  open?: boolean
  onOpenChange?(open: boolean): void
  onRun(action: ContainerAction): void
  onAsk(action: AskingAction): void
}) {
  const t = useTranslations('containers')
  const common = useTranslations('common')
  const holds = useMayWith(container)
  const router = useRouter()
  const href = useScopedHref()
  const wait = useWait([container])
  const may = (action: ContainerAction) => holds(permissionOf[action])
  const item = (
    action: ContainerAction,
    run: () => void,
    label = t(`action.${action}`),
    icon = actionIcons[action],
  ) =>
    may(action) && (
      <MenuItem
        icon={icon}
        disabled={disabled || !isPossible(action, container)}
        destructive={action === 'remove'}
        onSelect={run}
      >
        {label}
      </MenuItem>
    )
  return (
    <Menu
      open={open}
      onOpenChange={onOpenChange}
      trigger={
        <IconButton
          inPreview
          size="sm"
          label={`${common('moreActions')}: ${container.name}`}
          icon={<Ellipsis />}
        />
      }
    >
      {holds('containers.logs') && (
        <MenuItem inPreview icon={<ScrollText />} onSelect={() => router.push(href(logsHref([container])))}>
          {t('action.logs')}
        </MenuItem>
      )}
      {holds('containers.exec') && (
        <>
          <MenuItem
            icon={<SquareTerminal />}
            disabled={disabled || container.state !== 'running'}
            onSelect={() =>
              router.push(href(`/terminal?open=${container.hostId}/${container.id.slice(0, 12)}`))
            }
          >
            {t('action.terminal')}
          </MenuItem>
          <MenuLine />
        </>
      )}
      {item('start', () => onRun('start'))}
      {item('stop', () => (undoerOf('stop', container) ? onAsk('stop') : onRun('stop')))}
      {item('stop', () => onAsk('stop'), t('action.stopWith'), <Timer />)}
      {item('restart', () => onRun('restart'))}
      {container.state === 'paused'
        ? item('unpause', () => onRun('unpause'))
        : item('pause', () => onRun('pause'))}
      {item('kill', () => onAsk('kill'))}
      <MenuItem
        icon={<Hourglass />}
        disabled={disabled || !['running', 'paused', 'restarting'].includes(container.state)}
        onSelect={() => wait.mutate()}
      >
        {t('action.wait')}
      </MenuItem>
      {item('rename', () => onAsk('rename'))}
      {holds('containers.create') && holds('containers.reveal') && (
        <>
          <MenuItem
            icon={<Copy />}
            disabled={disabled}
            onSelect={() => router.push(href(`/containers/new?from=${container.hostId}/${container.id}`))}
          >
            {t('action.duplicate')}
          </MenuItem>
          {recreatePermissions.every(holds) && (
            <MenuItem
              icon={<RefreshCw />}
              disabled={disabled}
              onSelect={() =>
                router.push(href(`/containers/new?recreate=${container.hostId}/${container.id}`))
              }
            >
              {t('action.recreate')}
            </MenuItem>
          )}
        </>
      )}
      <MenuLine />
      {item('remove', () => onAsk('remove'))}
    </Menu>
  )
}
