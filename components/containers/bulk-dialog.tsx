'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { ManagerMark, ManagersWarning } from '#components/containers/managed-by.tsx'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { Spinner } from '#components/ui/spinner.tsx'
import { killSignals } from '#lib/containers/states.ts'
import type { BulkAction, BulkInput, BulkPlan } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'

const widths = ['1', '4', '10', '25'] as const
type Width = (typeof widths)[number]
type Signal = (typeof killSignals)[number]

/** First what would be done and what would be left out, and why; then it becomes a task. */
export function BulkDialog({
  action,
  containers,
  onClose,
}: {
  action: BulkAction
  containers: readonly Container[]
  onClose(): void
}) {
  const t = useTranslations('bulk')
  const common = useTranslations('common')
  const words = useTranslations('containers')
  const [grace, setGrace] = useState('')
  const [signal, setSignal] = useState<Signal>('SIGKILL')
  const [force, setForce] = useState(false)
  const [volumes, setVolumes] = useState(false)
  const [width, setWidth] = useState<Width>('4')
  const [stopOnFailure, setStopOnFailure] = useState(false)
  const timed = action === 'stop' || action === 'restart'
  const graceSeconds = grace === '' ? undefined : Number(grace)
  const graceFits =
    graceSeconds === undefined ||
    (Number.isInteger(graceSeconds) && graceSeconds >= 0 && graceSeconds <= 3600)
  const input: BulkInput = {
    action,
    containers: containers.map(({ hostId, id }) => ({ hostId, containerId: id })),
    options: {
      ...(timed && graceSeconds !== undefined && graceFits ? { graceSeconds } : {}),
      ...(action === 'kill' ? { signal } : {}),
      ...(action === 'remove' ? { force, volumes } : {}),
    },
  }
  const plan = useQuery({
    queryKey: queryKeys.bulkPlan(action, input.containers, force),
    queryFn: ({ signal: aborted }) => api.post('/api/bulk/plan', { body: input, signal: aborted }),
    staleTime: 0,
  })
  const start = useMutation({
    mutationFn: () => api.post('/api/bulk', { body: { ...input, width: Number(width), stopOnFailure } }),
    onSuccess(task) {
      taskStore.put(task)
      openTray()
      onClose()
    },
  })
  const run = plan.data?.items.filter((item) => item.refused === null) ?? []
  const refused = plan.data?.items.filter((item) => item.refused !== null) ?? []
  const hostCount = new Set(run.map((item) => item.hostId)).size
  const verb = words(`action.${action}`).replace('…', '')
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('title', { action: verb, count: run.length, hosts: hostCount })}
      description={t(`text.${action}`)}
      onSubmit={() => run.length > 0 && graceFits && start.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button
            type="submit"
            variant={action === 'kill' || action === 'remove' ? 'danger' : 'primary'}
            busy={start.isPending}
            disabled={run.length === 0 || !graceFits}
          >
            {t('start', { action: verb, count: run.length })}
          </Button>
        </>
      }
    >
      {plan.isPending && <Spinner />}
      {plan.error && <ErrorNote error={plan.error} onRetry={() => void plan.refetch()} />}
      <ManagersWarning containers={run.flatMap((item) => containers.find(is(item)) ?? [])} act={action} />
      {run.length > 0 && <Names {...{ containers }} items={run} label={t('run')} />}
      {refused.length > 0 && <Names {...{ containers }} items={refused} label={t('leftOut')} />}
      {timed && (
        <Field
          label={words('dialog.grace')}
          hint={words('dialog.graceHint')}
          error={graceFits ? undefined : t('graceWrong')}
        >
          {(props) => (
            <Input
              {...props}
              type="number"
              min={0}
              max={3600}
              inputMode="numeric"
              value={grace}
              onChange={(event) => setGrace(event.target.value)}
            />
          )}
        </Field>
      )}
      {action === 'kill' && (
        <Field label={words('dialog.signal')}>
          {(props) => (
            <Select<Signal>
              {...props}
              value={signal}
              onValueChange={setSignal}
              options={killSignals.map((value) => ({ value, label: value }))}
            />
          )}
        </Field>
      )}
      {action === 'remove' && (
        <>
          <CheckField label={words('dialog.force')} hint={words('dialog.forceHint')}>
            {(props) => (
              <Checkbox {...props} checked={force} onChange={(event) => setForce(event.target.checked)} />
            )}
          </CheckField>
          <CheckField label={words('dialog.volumes')}>
            {(props) => (
              <Checkbox {...props} checked={volumes} onChange={(event) => setVolumes(event.target.checked)} />
            )}
          </CheckField>
        </>
      )}
      <Field label={t('width')}>
        {(props) => (
          <Select<Width>
            {...props}
            value={width}
            onValueChange={setWidth}
            options={widths.map((value) => ({ value, label: t('atOnce', { count: Number(value) }) }))}
          />
        )}
      </Field>
      <CheckField label={t('stopOnFailure')} hint={t('stopOnFailureHint')}>
        {(props) => (
          <Checkbox
            {...props}
            checked={stopOnFailure}
            onChange={(event) => setStopOnFailure(event.target.checked)}
          />
        )}
      </CheckField>
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}

const is =
  (item: BulkPlan['items'][number]) =>
  ({ hostId, id }: Container) =>
    hostId === item.hostId && id === item.containerId

function Names({
  items,
  containers,
  label,
}: {
  items: BulkPlan['items']
  containers: readonly Container[]
  label: string
}) {
  const t = useTranslations('bulk')
  const hosts = useFleet((fleet) => fleet.hosts)
  return (
    <div>
      <h3 className="mb-1 font-medium text-xs">{label}</h3>
      <ul className="flex flex-col rounded-md border">
        {items.map((item) => {
          const container = containers.find(is(item))
          return (
            <li
              key={`${item.hostId}/${item.containerId}`}
              className="flex gap-3 border-b px-3 py-1 last:border-b-0"
            >
              <span className="min-w-0 truncate">{item.name}</span>
              {container && <ManagerMark container={container} all />}
              <span className="shrink-0 text-ink-faint">{hosts.get(item.hostId)?.name}</span>
              {item.refused && (
                <span className="ml-auto shrink-0 text-ink-muted">
                  {t(`refused.${item.refused}`, { state: item.state })}
                </span>
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
