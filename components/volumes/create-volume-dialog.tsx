'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, fieldErrors } from '#components/data/api.ts'
import { useHosts } from '#components/data/use-live.ts'
import { useMay, usePermission } from '#components/data/use-session.ts'
import { HostPicker } from '#components/hosts/host-picker.tsx'
import { useStart } from '#components/tasks/use-start.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import type { VolumeCreate } from '#lib/contracts/volumes.ts'
import { type VolumeFormKind, volumeFormKinds } from '#lib/volumes/driver-options.ts'
import { KindFields } from './kind-fields.tsx'
import { emptyFields, formOf, isFilled, labelsOf, type VolumeFields } from './volume-form.ts'

const fits = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/

/** Makes the same volume on one or many hosts, as a task with an outcome for each. */
export function CreateVolumeDialog({ onClose }: { onClose(): void }) {
  const t = useTranslations('volumes.create')
  const common = useTranslations('common')
  const may = useMay()
  const hosts = useHosts()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<VolumeFormKind>('local')
  const [fields, setFields] = useState<VolumeFields>(emptyFields)
  const allowed = (hostId: string, of: VolumeFormKind = kind) =>
    may('volumes.create', { hostId }) && (of !== 'bind' || may('containers.unrestricted', { hostId }))
  // One host in scope needs no choice.
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => {
    const usable = hosts.filter(({ id, state }) => state === 'online' && allowed(id))
    return new Set(usable.length === 1 ? usable.map(({ id }) => id) : [])
  })
  // A folder of the host is as much as a container with power over it.
  const mayBind = usePermission('containers.unrestricted')
  const start = useStart((body: VolumeCreate) => api.post('/api/volumes', { body }), onClose)
  const errors = fieldErrors(start.error)
  const hostIds = [...chosen].filter((hostId) => allowed(hostId))
  const ready = fits.test(name) && isFilled(kind, fields) && hostIds.length > 0
  const submit = () => {
    if (!ready || start.isPending) return
    start.mutate({ name, form: formOf(kind, fields), labels: labelsOf(fields.labels), hostIds })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('title')}
      description={t('text')}
      onSubmit={submit}
      footer={
        <>
          <Button inPreview onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!ready}>
            {t('submit', { count: hostIds.length })}
          </Button>
        </>
      }
    >
      <Field
        label={t('name')}
        error={name !== '' && !fits.test(name) ? t('nameWrong') : errors.name}
        hint={t('nameHint')}
      >
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
      <Field label={t('kind')} hint={t(`kindHint.${kind}`)}>
        {(props) => (
          <Select<VolumeFormKind>
            {...props}
            value={kind}
            onValueChange={setKind}
            options={volumeFormKinds
              .filter((each) => each !== 'bind' || mayBind)
              .map((value) => ({ value, label: t(`kinds.${value}`) }))}
          />
        )}
      </Field>
      <KindFields
        kind={kind}
        fields={fields}
        errors={errors}
        set={(change) => setFields((before) => ({ ...before, ...change }))}
      />
      <Field label={t('labels')} hint={t('labelsHint')}>
        {(props) => (
          <Textarea
            {...props}
            rows={2}
            value={fields.labels}
            spellCheck={false}
            onChange={(event) => setFields((before) => ({ ...before, labels: event.target.value }))}
          />
        )}
      </Field>
      <HostPicker
        needs="volumes.create"
        chosen={new Set(hostIds)}
        onChange={setChosen}
        isExcluded={(hostId) => !allowed(hostId)}
      />
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}
