'use client'
import type { ComponentProps } from 'react'
import { useTranslations } from 'use-intl'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import type { VolumeFormKind } from '#lib/volumes/driver-options.ts'
import type { VolumeFields } from './volume-form.ts'

interface Props {
  kind: VolumeFormKind
  fields: VolumeFields
  /** What the server refused, by path. */
  errors: Record<string, string>
  set(change: Partial<VolumeFields>): void
}

const pair = 'grid gap-4 sm:grid-cols-2'

/** The fields that a kind of volume has. */
export function KindFields(props: Props) {
  const t = useTranslations('volumes.create')
  const { kind, fields, set } = props
  const text = (name: TextName, more?: Omit<TextProps, 'name' | keyof Props>) => (
    <TextField {...props} name={name} {...more} />
  )
  const readOnly = <Check {...props} name="readOnly" />
  if (kind === 'nfs')
    return (
      <>
        <div className={pair}>
          {text('server', { placeholder: 'nas.example' })}
          {text('path', { placeholder: '/export/data' })}
        </div>
        <div className={pair}>
          <Field label={t('version')}>
            {(field) => (
              <Select<VolumeFields['nfsVersion']>
                {...field}
                value={fields.nfsVersion}
                onValueChange={(nfsVersion) => set({ nfsVersion })}
                options={(['4.2', '4.1', '4', '3'] as const).map((value) => ({ value, label: value }))}
              />
            )}
          </Field>
          {text('options', { placeholder: 'noatime,nolock' })}
        </div>
        <Check {...props} name="soft" />
        {readOnly}
      </>
    )
  if (kind === 'cifs')
    return (
      <>
        <div className={pair}>
          {text('server', { placeholder: 'nas.example' })}
          {text('share', { placeholder: 'media/films' })}
        </div>
        <div className={pair}>
          {text('username')}
          {text('password', { type: 'password', autoComplete: 'new-password' })}
        </div>
        <div className={pair}>
          <Field label={t('version')}>
            {(field) => (
              <Select<VolumeFields['cifsVersion']>
                {...field}
                value={fields.cifsVersion}
                onValueChange={(cifsVersion) => set({ cifsVersion })}
                options={(['3.1.1', '3.0', '2.1'] as const).map((value) => ({ value, label: value }))}
              />
            )}
          </Field>
          {text('options', { placeholder: 'file_mode=0640,dir_mode=0750' })}
        </div>
        <div className={pair}>
          {text('uid', { inputMode: 'numeric' })}
          {text('gid', { inputMode: 'numeric' })}
        </div>
        {readOnly}
      </>
    )
  if (kind === 'tmpfs')
    return (
      <>
        <div className={pair}>
          {text('size', { inputMode: 'decimal', placeholder: '100' })}
          {text('mode', { placeholder: '1777' })}
        </div>
        <div className={pair}>
          {text('uid', { inputMode: 'numeric' })}
          {text('gid', { inputMode: 'numeric' })}
        </div>
      </>
    )
  if (kind === 'bind')
    return (
      <>
        {text('path', { placeholder: '/srv/data' })}
        {readOnly}
      </>
    )
  return null
}

type TextName =
  | 'server'
  | 'path'
  | 'share'
  | 'username'
  | 'password'
  | 'options'
  | 'size'
  | 'mode'
  | 'uid'
  | 'gid'
type TextProps = Props & { name: TextName } & Pick<
    ComponentProps<'input'>,
    'placeholder' | 'type' | 'inputMode' | 'autoComplete'
  >

/** In the contract the size has its unit in its name. */
const pathOf = (name: TextName) => `form.${name === 'size' ? 'sizeBytes' : name}`

function TextField({ kind, fields, errors, set, name, autoComplete = 'off', ...input }: TextProps) {
  const t = useTranslations('volumes.create')
  const hinted = name === 'options' || name === 'size' || (name === 'path' && kind === 'bind')
  return (
    <Field
      label={t(name === 'path' && kind === 'bind' ? 'folder' : name)}
      error={errors[pathOf(name)]}
      hint={hinted ? t(`${name === 'path' ? 'folder' : (name as 'options' | 'size')}Hint`) : undefined}
    >
      {(field) => (
        <Input
          {...field}
          {...input}
          autoComplete={autoComplete}
          spellCheck={false}
          value={fields[name]}
          onChange={(event) => set({ [name]: event.target.value })}
        />
      )}
    </Field>
  )
}

function Check({ fields, set, name }: Props & { name: 'soft' | 'readOnly' }) {
  const t = useTranslations('volumes.create')
  return (
    <CheckField label={t(name)} hint={name === 'soft' ? t('softHint') : undefined}>
      {(field) => (
        <Checkbox
          {...field}
          checked={fields[name]}
          onChange={(event) => set({ [name]: event.target.checked })}
        />
      )}
    </CheckField>
  )
}
