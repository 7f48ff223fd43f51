'use client'
import { useTranslations } from 'use-intl'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Switch } from '#components/ui/switch.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import type { HopFields, HostForm } from './host-form-state.ts'

interface Props {
  form: HostForm
  onChange(form: HostForm): void
  /** Errors by field, from the server. */
  errors: Record<string, string>
  /** A stored host is edited: empty secrets are kept. */
  editing: boolean
}

/** The fields of the chosen way. */
export function TransportFields({ form, onChange, errors, editing }: Props) {
  const t = useTranslations('hosts.form')
  if (form.way === 'unix') {
    return (
      <TextField
        label={t('socketPath')}
        value={form.unix.socketPath}
        placeholder="/var/run/docker.sock"
        error={errors['transport.socketPath']}
        onChange={(socketPath) => onChange({ ...form, unix: { socketPath } })}
      />
    )
  }
  if (form.way === 'tcp') {
    return (
      <End
        value={form.tcp}
        errors={errors}
        onChange={(end) => onChange({ ...form, tcp: { ...form.tcp, ...end } })}
      />
    )
  }
  if (form.way === 'tls') {
    const { tls } = form
    const set = (change: Partial<HostForm['tls']>) => onChange({ ...form, tls: { ...tls, ...change } })
    return (
      <>
        <End value={tls} errors={errors} onChange={set} />
        <SecretField label={t('ca')} value={tls.ca} error={errors.ca} onChange={(ca) => set({ ca })} />
        <SecretField
          label={t('cert')}
          value={tls.cert}
          error={errors.cert}
          onChange={(cert) => set({ cert })}
        />
        <SecretField
          label={t('key')}
          value={tls.key}
          error={errors.key}
          kept={editing}
          onChange={(key) => set({ key })}
        />
        <Passphrase
          value={tls.passphrase}
          error={errors.passphrase}
          kept={editing}
          onChange={(passphrase) => set({ passphrase })}
        />
        <TextField
          label={t('servername')}
          hint={t('servernameHint')}
          value={tls.servername}
          onChange={(servername) => set({ servername })}
        />
      </>
    )
  }
  const { ssh } = form
  return (
    <>
      <HopForm
        value={ssh}
        errors={errors}
        editing={editing}
        onChange={(hop) => onChange({ ...form, ssh: { ...ssh, ...hop } })}
      />
      <TextField
        label={t('socketPath')}
        hint={t('socketHint')}
        value={ssh.socketPath}
        placeholder="/run/user/1000/podman/podman.sock"
        error={errors['transport.socketPath']}
        onChange={(socketPath) => onChange({ ...form, ssh: { ...ssh, socketPath } })}
      />
      <CheckField label={t('useJump')}>
        {(props) => (
          <Switch
            {...props}
            checked={form.useJump}
            onChange={(event) => onChange({ ...form, useJump: event.target.checked })}
          />
        )}
      </CheckField>
      {form.useJump && (
        <fieldset className="flex flex-col gap-4 border-line-strong border-l-2 pl-4">
          <legend className="sr-only">{t('jump')}</legend>
          <HopForm
            value={form.jump}
            errors={{}}
            editing={editing}
            onChange={(hop) => onChange({ ...form, jump: { ...form.jump, ...hop } })}
          />
        </fieldset>
      )}
    </>
  )
}

function HopForm({
  value,
  errors,
  editing,
  onChange,
}: {
  value: HopFields
  errors: Record<string, string>
  editing: boolean
  onChange(change: Partial<HopFields>): void
}) {
  const t = useTranslations('hosts.form')
  // Another address has another host key: the accepted one must not follow.
  const end = (change: Partial<HopFields>) => onChange({ ...change, hostKey: '' })
  return (
    <>
      <End value={value} errors={errors} onChange={end} />
      <TextField
        label={t('username')}
        value={value.username}
        error={errors['transport.username']}
        onChange={(username) => onChange({ username })}
      />
      <div className="flex flex-col gap-1">
        <span className="font-medium">{t('auth')}</span>
        <Segmented
          className="self-start"
          label={t('auth')}
          value={value.auth}
          onValueChange={(auth) => onChange({ auth })}
          options={[
            { value: 'key', label: t('authKey') },
            { value: 'agent', label: t('authAgent') },
          ]}
        />
        {value.auth === 'agent' && <p className="text-ink-faint text-xs">{t('agentHint')}</p>}
      </div>
      {value.auth === 'key' && (
        <>
          <SecretField
            label={t('privateKey')}
            hint={t('privateKeyHint')}
            value={value.privateKey}
            error={errors.privateKey}
            kept={editing}
            onChange={(privateKey) => onChange({ privateKey })}
          />
          <Passphrase
            value={value.passphrase}
            error={errors.passphrase}
            kept={editing}
            onChange={(passphrase) => onChange({ passphrase })}
          />
        </>
      )}
    </>
  )
}

function End({
  value,
  errors,
  onChange,
}: {
  value: { host: string; port: string }
  errors: Record<string, string>
  onChange(change: { host?: string; port?: string }): void
}) {
  const t = useTranslations('hosts.form')
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_112px] gap-3">
      <TextField
        label={t('host')}
        hint={t('hostHint')}
        value={value.host}
        placeholder="10.0.0.4"
        error={errors['transport.host']}
        onChange={(host) => onChange({ host })}
      />
      <TextField
        label={t('port')}
        value={value.port}
        numeric
        error={errors['transport.port']}
        onChange={(port) => onChange({ port })}
      />
    </div>
  )
}

export function TextField({
  label,
  hint,
  value,
  error,
  placeholder,
  numeric = false,
  onChange,
}: {
  label: string
  hint?: string
  value: string
  error?: string
  placeholder?: string
  numeric?: boolean
  onChange(value: string): void
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => (
        <Input
          {...props}
          value={value}
          placeholder={placeholder}
          inputMode={numeric ? 'numeric' : undefined}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

/** PEM by paste, by drop or from a file. */
function SecretField({
  label,
  hint,
  value,
  error,
  kept = false,
  onChange,
}: {
  label: string
  hint?: string
  value: string
  error?: string
  kept?: boolean
  onChange(value: string): void
}) {
  const t = useTranslations('hosts.form')
  const read = (file: File | undefined) => {
    if (file && file.size < 64 * 1024) void file.text().then(onChange)
  }
  return (
    <Field
      label={label}
      hint={kept && value === '' ? t('keptSecret') : hint}
      error={error}
      aside={
        // oxlint-disable-next-line jsx-a11y/label-has-associated-control -- the file input is inside
        <label className="text-accent hover:underline">
          {t('fromFile')}
          <input
            type="file"
            className="sr-only"
            aria-label={`${label}: ${t('fromFile')}`}
            onChange={(event) => read(event.target.files?.[0])}
          />
        </label>
      }
    >
      {(props) => (
        <Textarea
          {...props}
          rows={3}
          className="font-mono text-xs"
          value={value}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
          onDrop={(event) => {
            const [file] = event.dataTransfer.files
            if (!file) return
            event.preventDefault()
            read(file)
          }}
        />
      )}
    </Field>
  )
}

function Passphrase({
  value,
  error,
  kept,
  onChange,
}: {
  value: string
  error?: string
  kept: boolean
  onChange(value: string): void
}) {
  const t = useTranslations('hosts.form')
  const common = useTranslations('common')
  return (
    <Field
      label={t('passphrase')}
      aside={common('optional')}
      error={error}
      hint={kept && value === '' ? t('keptSecret') : undefined}
    >
      {(props) => (
        <Input
          {...props}
          type="password"
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
