'use client'
import { Check, CircleAlert, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Spinner } from '#components/ui/spinner.tsx'
import type { TestStep, TransportInput } from '#lib/contracts/hosts.ts'

export interface TestRun {
  steps: readonly TestStep[]
  running: boolean
  /** Null until the end. */
  ok: boolean | null
  /** What could not even begin (bad input, no server). */
  failure: unknown
}

/** Runs a connection test and keeps its steps as they come. */
export function useConnectionTest() {
  const [run, setRun] = useState<TestRun | null>(null)
  const controller = useRef<AbortController | null>(null)
  const start = async (transport: TransportInput, hostId: string | undefined): Promise<boolean> => {
    controller.current?.abort()
    const own = new AbortController()
    controller.current = own
    let result: TestRun = { steps: [], running: true, ok: null, failure: null }
    const update = (change: Partial<TestRun>) => {
      result = { ...result, ...change }
      if (controller.current === own) setRun(result)
    }
    update({})
    try {
      for await (const event of api.lines('/api/hosts/test', {
        body: { transport, hostId },
        signal: own.signal,
      })) {
        if (event.type === 'end') update({ ok: event.ok })
        else update({ steps: [...result.steps.filter((step) => step.step !== event.step), event] })
      }
    } catch (failure) {
      if (!own.signal.aborted) update({ failure })
    }
    update({ running: false })
    return result.ok === true
  }
  const cancel = () => {
    controller.current?.abort()
    setRun(null)
  }
  return { run, start, cancel }
}

/** The steps of a test; a host key that waits for a person is asked about where it came up. */
export function ConnectionTest({
  run,
  editing,
  onAcceptKey,
}: {
  run: TestRun
  /** A changed key may be replaced only where a stored host is edited. */
  editing: boolean
  onAcceptKey(hop: 'target' | 'jump', fingerprint: string): void
}) {
  const t = useTranslations('hosts')
  return (
    <div className="flex flex-col gap-2" aria-live="polite">
      <ol className="flex flex-col rounded-md border bg-surface">
        {run.steps.map((step) => (
          <li key={step.step} className="flex items-start gap-2.5 border-b px-3 py-2 last:border-b-0">
            <StepIcon status={step.status} />
            <span className="w-32 shrink-0">
              {t(`step.${step.step}`)} <span className="sr-only">{t(`stepStatus.${step.status}`)}</span>
            </span>
            <span className="min-w-0 flex-1 break-words text-ink-muted">{step.found}</span>
            {step.tookMs !== undefined && (
              <span className="shrink-0 text-ink-faint text-xs tabular-nums">{step.tookMs} ms</span>
            )}
          </li>
        ))}
      </ol>
      {run.steps.map((step) =>
        step.hostKey ? (
          <HostKeyQuestion key={step.step} step={step} editing={editing} onAccept={onAcceptKey} />
        ) : (
          step.error && <ErrorNote key={step.step} title={t(`step.${step.step}`)} error={step.error} />
        ),
      )}
      {run.failure !== null && <ErrorNote error={run.failure} />}
      {run.ok && <p className="font-medium text-state-running">{t('testPassed')}</p>}
    </div>
  )
}

function StepIcon({ status }: { status: TestStep['status'] }) {
  const place = 'mt-0.5 size-4 shrink-0'
  if (status === 'running') return <Spinner className={place} />
  if (status === 'passed') return <Check aria-hidden className={`${place} text-state-running`} />
  if (status === 'attention') return <CircleAlert aria-hidden className={`${place} text-caution`} />
  return <X aria-hidden className={`${place} text-danger`} />
}

function HostKeyQuestion({
  step,
  editing,
  onAccept,
}: {
  step: TestStep
  editing: boolean
  onAccept(hop: 'target' | 'jump', fingerprint: string): void
}) {
  const t = useTranslations('hosts.form')
  const key = step.hostKey
  if (!key) return null
  const changed = key.pinned !== null
  const type = key.algorithm.includes('ed25519')
    ? 'ed25519'
    : key.algorithm.includes('ecdsa')
      ? 'ecdsa'
      : 'rsa'
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line-strong bg-raised p-3">
      {changed && <ErrorNote error={step.error} />}
      <p className="font-medium">{t('keyQuestion', { host: String(step.error?.params?.host ?? '') })}</p>
      <code className="break-all">
        {key.algorithm} {key.fingerprint}
      </code>
      {changed && <p className="break-all text-danger">{t('keyChanged', { pinned: key.pinned ?? '' })}</p>}
      <p className="text-ink-muted">{t('keyCompare')}</p>
      <CodeBlock text={`ssh-keygen -lf /etc/ssh/ssh_host_${type}_key.pub`} />
      {(!changed || editing) && (
        <div>
          <Button variant={changed ? 'danger' : 'primary'} onClick={() => onAccept(key.hop, key.fingerprint)}>
            {changed ? t('replaceKey') : t('accept')}
          </Button>
        </div>
      )}
    </div>
  )
}
