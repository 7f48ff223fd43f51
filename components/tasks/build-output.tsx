'use client'
import '@xterm/xterm/css/xterm.css'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useHost } from '#components/data/use-live.ts'
import { readTheme } from '#components/terminal/terminal-theme.ts'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useThemeMode } from '#components/ui/theme.ts'
import { useFormat } from '#components/ui/use-format.ts'
import type { BuildOutputFrame, BuildStep } from '#lib/contracts/image-build.ts'
import { BuildSteps } from './build-steps.tsx'

/** What the builder says at one host: what it said, and what comes, until its step ends. */
export function BuildOutput({
  taskId,
  hostId,
  onClose,
}: {
  taskId: string
  hostId: string
  onClose(): void
}) {
  const t = useTranslations('builds')
  const host = useHost(hostId)
  // A state and no ref: a dialog's content comes after the first effects have run.
  const [place, setPlace] = useState<HTMLDivElement | null>(null)
  const { state, steps, error } = useOutput(place, taskId, hostId)
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={t('output', { host: host?.name ?? '' })}
    >
      <p role="status" className="text-ink-muted text-xs">
        {t(`outputState.${state}`)}
      </p>
      {error !== null && <ErrorNote error={error} />}
      <BuildSteps steps={steps} />
      <div
        ref={setPlace}
        data-build-output
        className="h-[40vh] min-h-40 shrink-0 overflow-hidden rounded-md border bg-surface pl-2 text-ink"
      />
    </Dialog>
  )
}

type OutputState = 'running' | 'over' | 'none' | 'failed'

function useOutput(place: HTMLDivElement | null, taskId: string, hostId: string) {
  const t = useTranslations('builds')
  const format = useFormat()
  const theme = useThemeMode()
  const terminal = useRef<Terminal | null>(null)
  const words = useRef({ t, format, theme })
  useEffect(() => {
    words.current = { t, format, theme }
  })
  const [state, setState] = useState<OutputState>('running')
  const [steps, setSteps] = useState<readonly BuildStep[]>([])
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    if (!place) return
    const screen = new Terminal({
      disableStdin: true,
      convertEol: true,
      scrollback: 10_000,
      fontSize: 12,
      lineHeight: 1.35,
      cursorStyle: 'bar',
      cursorInactiveStyle: 'none',
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      theme: readTheme(place, words.current.theme),
      minimumContrastRatio: 4.5,
      screenReaderMode: true,
    })
    terminal.current = screen
    const fit = new FitAddon()
    screen.loadAddon(fit)
    screen.open(place)
    const observer = new ResizeObserver(() => fit.fit())
    observer.observe(place)
    const leaving = new AbortController()
    const read = async () => {
      try {
        let found = true
        const frames = api.read('/api/images/build/:taskId/:hostId/output', {
          params: { taskId, hostId },
          signal: leaving.signal,
        })
        for await (const frame of frames) {
          if (frame.type === 'none') found = false
          else if (frame.type === 'step') setSteps((before) => withStep(before, frame.step))
          // Written before more is read: a builder may say more than a page can draw.
          else await new Promise<void>((done) => screen.write(textOf(frame), done))
        }
        setState(found ? 'over' : 'none')
      } catch (failure) {
        if (leaving.signal.aborted) return
        setState('failed')
        setError(failure)
      }
    }
    const textOf = (frame: Extract<BuildOutputFrame, { type: 'text' | 'cut' }>) => {
      if (frame.type === 'text') return frame.text
      const bytes = words.current.format.bytes(frame.bytes)
      return `\u001b[2m${words.current.t('outputCut', { bytes })}\u001b[0m\n`
    }
    void read()
    return () => {
      leaving.abort()
      observer.disconnect()
      screen.dispose()
    }
  }, [place, taskId, hostId])
  useEffect(() => {
    if (terminal.current && place) terminal.current.options.theme = readTheme(place, theme)
  }, [place, theme])
  return { state, steps, error }
}

/** In place of what it was before, or after the others. */
function withStep(steps: readonly BuildStep[], step: BuildStep): BuildStep[] {
  return [...steps.filter(({ number }) => number !== step.number), step].sort((a, b) => a.number - b.number)
}
