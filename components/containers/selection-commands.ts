'use client'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useMay } from '#components/data/use-session.ts'
import { type Command, useCommands } from '#components/page/commands.ts'
import { isPossible, permissionOf } from '#lib/containers/rules.ts'
import type { BulkAction } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'

/** Offers the actions on what is selected, or open, in the palette. */
export function useSelectionCommands(
  selection: readonly Container[],
  opened: Container | undefined,
  run: (action: BulkAction, containers: readonly Container[]) => void,
): void {
  const t = useTranslations('containers')
  const may = useMay()
  const chosen = useMemo(
    () => (selection.length > 0 ? selection : opened ? [opened] : []),
    [selection, opened],
  )
  const commands = useMemo((): Command[] => {
    const [first] = chosen
    if (!first) return []
    const actions = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove'] as const
    return actions
      .filter((action) =>
        chosen.some(
          (container) =>
            isPossible(action, container) &&
            may(permissionOf[action], { hostId: container.hostId, container }),
        ),
      )
      .map((action) => ({
        id: `container-${action}`,
        label:
          chosen.length === 1
            ? t('command.one', { action: t(`action.${action}`), name: first.name })
            : t('command.several', { action: t(`action.${action}`), count: chosen.length }),
        destructive: action === 'remove',
        run: () => run(action, chosen),
      }))
  }, [chosen, may, t, run])
  useCommands(commands)
}
