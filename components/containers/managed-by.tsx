import { useTranslations } from 'use-intl'
import { CodeBlock } from '#components/ui/code-block.tsx'
import {
  looksWhenCalled,
  type ManagedAct,
  type Manager,
  managerCommand,
  managerOf,
  undoerOf,
} from '#lib/containers/managed-by.ts'
import type { Container } from '#lib/contracts/containers.ts'

/**
 * The quiet mark of a row: "by systemd".
 * @param all compose too, where no column has its project
 */
export function ManagerMark({ container, all = false }: { container: Container; all?: boolean }) {
  const t = useTranslations('containers.manager')
  const manager = managerOf(container)
  if (!manager || (manager.kind === 'compose' && !all)) return null
  return (
    <span
      className="shrink-0 text-ink-faint text-xs"
      title={t('mark', { kind: manager.kind, name: manager.name })}
    >
      {t('short', { kind: manager.kind })}
    </span>
  )
}

/** Who looks after a container, and who brings its newer images. */
export function ManagerLine({ container }: { container: Container }) {
  const t = useTranslations('containers.manager')
  const manager = managerOf(container)
  if (!manager) return null
  return (
    <p className="shrink-0 border-b px-4 py-2 text-ink-muted text-xs">
      {t('mark', { kind: manager.kind, name: manager.name })}
      {manager.updates && ` · ${t('updates')}`}
    </p>
  )
}

/** Before an act that the manager will undo: one sentence, and its own command for the same. */
export function ManagerWarning({ container, act }: { container: Container; act: ManagedAct }) {
  const t = useTranslations('containers.manager')
  const manager = undoerOf(act, container)
  if (!manager) return null
  const command = managerCommand(act, container)
  return (
    <div role="note" className="flex flex-col gap-2 text-sm">
      <p>{t(sentenceOf(manager, command), { kind: manager.kind, name: manager.name })}</p>
      {command && <CodeBlock text={command} />}
    </div>
  )
}

function sentenceOf(manager: Manager, command: string | null) {
  if (looksWhenCalled(manager)) return command ? 'undoneNext' : 'undoneNextBare'
  return command ? 'undone' : 'undoneBare'
}

/** As `ManagerWarning`, for several: how many, and the commands of all, each once. */
export function ManagersWarning({ containers, act }: { containers: readonly Container[]; act: ManagedAct }) {
  const t = useTranslations('containers.manager')
  const undone = containers.filter((container) => undoerOf(act, container))
  if (undone.length === 0) return null
  const commands = new Set(undone.flatMap((container) => managerCommand(act, container) ?? []))
  return (
    <div role="note" className="flex flex-col gap-2 text-sm">
      <p>{t('undoneSome', { count: undone.length })}</p>
      {commands.size > 0 && <CodeBlock text={[...commands].join('\n')} />}
    </div>
  )
}
