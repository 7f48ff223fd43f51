'use client'
import { useRouter } from 'next/navigation'
import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMay } from '#components/data/use-session.ts'
import { type Command, useCommandFinder } from '#components/page/commands.ts'
import { namedActions, type SayableAction } from '#lib/containers/named-actions.ts'
import { permissionOf } from '#lib/containers/rules.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { logsHref } from '#lib/logs/selection.ts'
import { actionIcons } from './container-menu.tsx'
import { useContainerActions } from './use-container-actions.ts'

/** Lets the palette act on any container by its name, from every page: "restart shop" offers it on each host. */
export function ContainerCommands() {
  const t = useTranslations('containers.action')
  const containers = useFleet((fleet) => fleet.containers)
  const hosts = useFleet((fleet) => fleet.hosts)
  const may = useMay()
  const router = useRouter()
  const href = useScopedHref()
  const { run } = useContainerActions()
  useCommandFinder(
    useCallback(
      (typed) => {
        const word = (action: SayableAction) => t(action === 'terminal' ? 'shell' : action)
        const words = {
          restart: word('restart'),
          stop: word('stop'),
          start: word('start'),
          pause: word('pause'),
          unpause: word('unpause'),
          logs: word('logs'),
          terminal: word('terminal'),
        }
        const lower = Object.fromEntries(
          Object.entries(words).map(([action, text]) => [action, text.toLowerCase()]),
        ) as Record<SayableAction, string>
        const does = (action: SayableAction, container: Container) => {
          if (action === 'logs') return router.push(href(logsHref([container])))
          if (action === 'terminal')
            return router.push(href(`/terminal?open=${container.hostId}/${container.id.slice(0, 12)}`))
          void run(container, action)
        }
        const permission = (action: SayableAction) =>
          action === 'logs'
            ? ('containers.logs' as const)
            : action === 'terminal'
              ? ('containers.exec' as const)
              : permissionOf[action]
        return namedActions(typed, containers.values(), lower)
          .filter(({ action, container }) => may(permission(action), { hostId: container.hostId, container }))
          .map(({ action, container }): Command => {
            const host = hosts.get(container.hostId)
            return {
              id: `named-${action}-${container.hostId}/${container.id}`,
              label: t('on', { action: words[action], name: container.name, host: host?.name ?? '' }),
              icon: action in actionIcons ? actionIcons[action as keyof typeof actionIcons] : undefined,
              run: () => does(action, container),
            }
          })
      },
      [t, containers, hosts, may, router, href, run],
    ),
  )
  return null
}
