'use client'
import { AArrowDown, AArrowUp, RotateCw } from 'lucide-react'
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useThemeMode } from '#components/ui/theme.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { TerminalRequest, TerminalStatus } from './terminal-client.ts'
import { isOver, restartSession, sessionKey, showSession, useTerminalSession } from './terminal-sessions.ts'
import { TerminalStart } from './terminal-start.tsx'

export type TerminalChoice = Pick<TerminalRequest, 'mode' | 'shell' | 'user' | 'workingDirectory'>
const usual: TerminalChoice = { mode: 'exec', shell: '', user: '', workingDirectory: '' }

/**
 * One terminal in one container: how it ended is said in its place, and another can be opened. It goes on when the view
 * goes, and is found again under the same key.
 */
export function TerminalView({ container, index = 0 }: { container: Container; index?: number }) {
  const t = useTranslations('terminal')
  const place = useRef<HTMLDivElement>(null)
  const key = sessionKey(`${container.hostId}/${container.id.slice(0, 12)}`, index)
  const { session, pasting, restart } = useTerminal(place, container, key)
  const status: TerminalStatus = session?.status ?? { state: 'connecting' }
  const choice: TerminalChoice = session?.request ?? usual
  const client = session?.client
  return (
    <section aria-label={t('title')} className="fill">
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 px-4 py-1.5 md:px-5">
        <TerminalStart container={container} value={choice} onStart={restart} />
        <p role="status" className="min-w-0 truncate text-ink-muted text-xs">
          {status.state === 'over'
            ? status.code === null
              ? t('over')
              : t('exited', { code: status.code })
            : status.state === 'failed'
              ? t('failed')
              : t(status.state)}
        </p>
        <span className="ml-auto flex items-center gap-1">
          <IconButton
            size="sm"
            label={t('smaller')}
            icon={<AArrowDown />}
            onClick={() => client?.resizeFont(-1)}
          />
          <IconButton
            size="sm"
            label={t('larger')}
            icon={<AArrowUp />}
            onClick={() => client?.resizeFont(1)}
          />
          <Button size="sm" onClick={() => restart(choice)} variant={isOver(status) ? 'primary' : 'default'}>
            <RotateCw aria-hidden /> {t('again')}
          </Button>
        </span>
      </div>
      {status.state === 'failed' && <ErrorNote error={status.error} className="mx-4 mb-2 md:mx-5" />}
      <div ref={place} data-terminal className="fill overflow-hidden border-t bg-surface pl-2 text-ink" />
      <PhoneKeys onPress={(sequence) => client?.press(sequence)} />
      <ConfirmDialog
        open={pasting !== null}
        onOpenChange={(open) => !open && pasting?.answer(false)}
        title={t('paste.title', { lines: pasting?.lines ?? 0 })}
        description={t('paste.text')}
        confirmLabel={t('paste.confirm')}
        onConfirm={() => pasting?.answer(true)}
      />
    </section>
  )
}

function useTerminal(
  place: RefObject<HTMLDivElement | null>,
  { hostId, id }: Pick<Container, 'hostId' | 'id'>,
  key: string,
) {
  const theme = useThemeMode()
  const latestTheme = useRef(theme)
  const session = useTerminalSession(key)
  const [pasting, setPasting] = useState<{ lines: number; answer(yes: boolean): void } | null>(null)
  const askPaste = useCallback(
    (lines: number) =>
      new Promise<boolean>((resolve) => {
        setPasting({
          lines,
          answer(yes) {
            setPasting(null)
            resolve(yes)
          },
        })
      }),
    [],
  )
  useEffect(() => {
    if (!place.current) return
    const request = { hostId, containerId: id, ...usual }
    return showSession(key, request, place.current, { theme: latestTheme.current, askPaste })
  }, [place, hostId, id, key, askPaste])
  const element = session?.element
  // One that moved up, since the tab before it was closed.
  useEffect(() => {
    if (element && element.parentElement !== place.current) place.current?.append(element)
  }, [element, place])
  const client = session?.client
  useEffect(() => {
    latestTheme.current = theme
    client?.retheme(theme)
  }, [theme, client])
  const restart = (choice: TerminalChoice) =>
    restartSession(key, { hostId, containerId: id, ...choice }, theme)
  return { session, pasting, restart }
}

const phoneKeys = [
  ['Esc', '\u001b'],
  ['Tab', '\t'],
  ['^C', '\u0003'],
  ['^D', '\u0004'],
  ['←', '\u001b[D'],
  ['↑', '\u001b[A'],
  ['↓', '\u001b[B'],
  ['→', '\u001b[C'],
] as const

/** What a phone's keyboard lacks. */
function PhoneKeys({ onPress }: { onPress(sequence: string): void }) {
  const t = useTranslations('terminal')
  return (
    <div
      role="toolbar"
      aria-label={t('keys')}
      className="hidden shrink-0 gap-1 border-t p-1 pointer-coarse:flex"
    >
      {phoneKeys.map(([name, sequence]) => (
        <Button key={name} size="sm" className="flex-1 px-0 font-mono" onClick={() => onPress(sequence)}>
          {name}
        </Button>
      ))}
    </div>
  )
}
