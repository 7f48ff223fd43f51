'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { killSignals } from '#lib/container-states.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { AskingAction } from './container-menu.tsx'
import type { ActionOptions } from './use-container-actions.ts'

export interface Question {
  action: AskingAction
  containers: readonly Container[]
}

interface Props {
  containers: readonly Container[]
  onClose(): void
  onRun(options: ActionOptions): void
}

/** Asks what an action needs to know. It closes at once; the rows then show what happens. */
export function ActionDialog({
  question,
  onClose,
  onRun,
}: {
  question: Question | null
  onClose(): void
  onRun(question: Question, options: ActionOptions): void
}) {
  if (!question) return null
  const props: Props = {
    containers: question.containers,
    onClose,
    onRun: (options) => {
      onClose()
      onRun(question, options)
    },
  }
  if (question.action === 'stop') return <StopDialog {...props} />
  if (question.action === 'kill') return <KillDialog {...props} />
  if (question.action === 'rename') return <RenameDialog {...props} />
  return <RemoveDialog {...props} />
}

function useTitleParams(containers: readonly Container[]) {
  return { count: containers.length, name: containers[0]?.name ?? '' }
}

function StopDialog({ containers, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const common = useTranslations('common')
  const [grace, setGrace] = useState('')
  const seconds = grace === '' ? undefined : Number(grace)
  const valid = seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600)
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.stopTitle', useTitleParams(containers))}
      description={t('dialog.stopText')}
      onSubmit={() => valid && onRun({ graceSeconds: seconds })}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" disabled={!valid}>
            {t('action.stop')}
          </Button>
        </>
      }
    >
      <Field label={t('dialog.grace')} hint={t('dialog.graceHint')}>
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
    </Dialog>
  )
}

function KillDialog({ containers, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const hosts = useFleet((fleet) => fleet.hosts)
  const [signal, setSignal] = useState<(typeof killSignals)[number]>('SIGKILL')
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.killTitle', useTitleParams(containers))}
      description={t('dialog.killText')}
      items={
        containers.length > 1
          ? containers.map((container) => ({
              key: `${container.hostId}/${container.id}`,
              name: container.name,
              note: hosts.get(container.hostId)?.name,
            }))
          : undefined
      }
      confirmLabel={t('dialog.killAction', { signal })}
      onConfirm={() => onRun({ signal })}
    >
      <Field label={t('dialog.signal')}>
        {(props) => (
          <Select<(typeof killSignals)[number]>
            {...props}
            value={signal}
            onValueChange={setSignal}
            options={killSignals.map((value) => ({ value, label: value }))}
          />
        )}
      </Field>
    </ConfirmDialog>
  )
}

function RenameDialog({ containers, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const common = useTranslations('common')
  const before = containers[0]?.name ?? ''
  const [name, setName] = useState(before)
  const valid = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name) && name !== before
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.renameTitle', { name: before })}
      onSubmit={() => valid && onRun({ name })}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" disabled={!valid}>
            {t('dialog.renameAction')}
          </Button>
        </>
      }
    >
      <Field label={t('dialog.newName')} hint={t('dialog.nameHint')}>
        {(props) => (
          <Input
            {...props}
            value={name}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  )
}

function RemoveDialog({ containers, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const hosts = useFleet((fleet) => fleet.hosts)
  const live = containers.some((container) => ['running', 'paused', 'restarting'].includes(container.state))
  const [force, setForce] = useState(containers.length === 1 && live)
  const [volumes, setVolumes] = useState(false)
  const hostCount = new Set(containers.map((container) => container.hostId)).size
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.removeTitle', { ...useTitleParams(containers), hosts: hostCount })}
      description={t(volumes ? 'dialog.removeGoes' : 'dialog.removeStays')}
      items={containers.map((container) => ({
        key: `${container.hostId}/${container.id}`,
        name: container.name,
        note: hosts.get(container.hostId)?.name,
      }))}
      confirmLabel={t('dialog.removeAction', { count: containers.length })}
      onConfirm={() => onRun({ force, volumes })}
    >
      {live && (
        <CheckField label={t('dialog.force')} hint={t('dialog.forceHint')}>
          {(props) => (
            <Checkbox {...props} checked={force} onChange={(event) => setForce(event.target.checked)} />
          )}
        </CheckField>
      )}
      <CheckField label={t('dialog.volumes')}>
        {(props) => (
          <Checkbox {...props} checked={volumes} onChange={(event) => setVolumes(event.target.checked)} />
        )}
      </CheckField>
    </ConfirmDialog>
  )
}
