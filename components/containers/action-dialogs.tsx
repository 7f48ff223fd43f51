'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useHost } from '#components/data/use-live.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { isLive } from '#lib/containers/rules.ts'
import { killSignals } from '#lib/containers/states.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { AskingAction } from './container-menu.tsx'
import { ManagerWarning } from './managed-by.tsx'
import type { ActionOptions } from './use-container-actions.ts'

export interface Question {
  action: AskingAction
  container: Container
}

interface Props {
  container: Container
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
    container: question.container,
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

/** Of many hosts that have a container of that name, the one that is meant. */
function useNames(container: Container) {
  return { name: container.name, host: useHost(container.hostId)?.name ?? '' }
}

function StopDialog({ container, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const names = useNames(container)
  const common = useTranslations('common')
  const [grace, setGrace] = useState('')
  const seconds = grace === '' ? undefined : Number(grace)
  const valid = seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600)
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.stopTitle', names)}
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
      <ManagerWarning container={container} act="stop" />
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

function KillDialog({ container, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const names = useNames(container)
  const [signal, setSignal] = useState<(typeof killSignals)[number]>('SIGKILL')
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.killTitle', names)}
      description={t('dialog.killText')}
      confirmLabel={t('dialog.killAction', { signal })}
      onConfirm={() => onRun({ signal })}
    >
      <ManagerWarning container={container} act="kill" />
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

function RenameDialog({ container, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const names = useNames(container)
  const common = useTranslations('common')
  const before = container.name
  const [name, setName] = useState(before)
  const valid = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name) && name !== before
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.renameTitle', names)}
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
      <ManagerWarning container={container} act="rename" />
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

function RemoveDialog({ container, onClose, onRun }: Props) {
  const t = useTranslations('containers')
  const names = useNames(container)
  const live = isLive(container)
  const [force, setForce] = useState(false)
  const [volumes, setVolumes] = useState(false)
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('dialog.removeTitle', names)}
      description={t(volumes ? 'dialog.removeGoes' : 'dialog.removeStays')}
      confirmLabel={t('dialog.removeAction')}
      ready={!live || force}
      onConfirm={() => onRun({ force, volumes })}
    >
      <ManagerWarning container={container} act="remove" />
      {live && (
        <CheckField label={t('dialog.killFirst')} hint={t('dialog.killFirstHint')}>
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
