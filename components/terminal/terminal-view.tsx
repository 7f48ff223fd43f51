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
import { TerminalClient, type TerminalRequest, type TerminalStatus } from './terminal-client.ts'
import { TerminalStart } from './terminal-start.tsx'

export type TerminalChoice = Pick<TerminalRequest, 'mode' | 'shell' | 'user' | 'workingDirectory'>
const usual: TerminalChoice = { mode: 'exec', shell: '', user: '', workingDirectory: '' }

/** One terminal in one container: how it ended is said in its place, and another can be opened. */
export function TerminalView({ container }: { container: Container }) {
  const t = useTranslations('terminal')
  const place = useRef<HTMLDivElement>(null)
  const [choice, setChoice] = useState(usual)
  const { client, status, pasting } = useTerminal(place, container, choice)
  // A new object is a new session, also of the same choice.
  const again = () => setChoice({ ...choice })
  return (
    <section aria-label={t('title')} className="fill">
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 px-4 py-1.5 md:px-5">
        <TerminalStart container={container} value={choice} onStart={(next) => setChoice({ ...next })} />
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
            onClick={() => client.current?.resizeFont(-1)}
          />
          <IconButton
            size="sm"
            label={t('larger')}
            icon={<AArrowUp />}
            onClick={() => client.current?.resizeFont(1)}
          />
          <Button size="sm" onClick={again} variant={isOver(status) ? 'primary' : 'default'}>
            <RotateCw aria-hidden /> {t('again')}
          </Button>
        </span>
      </div>
      {status.state === 'failed' && <ErrorNote error={status.error} className="mx-4 mb-2 md:mx-5" />}
      <div ref={place} data-terminal className="fill overflow-hidden border-t bg-surface pl-2 text-ink" />
      <PhoneKeys onPress={(sequence) => client.current?.press(sequence)} />
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

const isOver = ({ state }: TerminalStatus) => state === 'over' || state === 'cut' || state === 'failed'

function useTerminal(
  place: RefObject<HTMLDivElement | null>,
  { hostId, id }: Pick<Container, 'hostId' | 'id'>,
  choice: TerminalChoice,
) {
  const theme = useThemeMode()
  const latestTheme = useRef(theme)
  const client = useRef<TerminalClient | null>(null)
  const [status, setStatus] = useState<TerminalStatus>({ state: 'connecting' })
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
    const request = { hostId, containerId: id, ...choice }
    const current = new TerminalClient(place.current, request, {
      ...{ theme: latestTheme.current, onStatus: setStatus, askPaste },
    })
    client.current = current
    return () => {
      current.dispose()
      client.current = null
    }
  }, [place, hostId, id, choice, askPaste])
  useEffect(() => {
    latestTheme.current = theme
    client.current?.retheme(theme)
  }, [theme])
  return { client, status, pasting }
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
