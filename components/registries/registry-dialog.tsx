'use client'
import { useMutation } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, fieldErrors } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import type { HostSelector } from '#lib/contracts/access.ts'
import type { Registry, RegistryInput } from '#lib/contracts/registries.ts'
import { AccountHosts } from './account-hosts.tsx'

/** An account of a registry: tested by signing in before it is kept, if one likes. */
export function RegistryDialog({
  registry,
  onClose,
  onSaved,
}: {
  registry: Registry | null
  onClose(): void
  onSaved(registry: Registry): void
}) {
  const t = useTranslations('registries.form')
  const common = useTranslations('common')
  const [address, setAddress] = useState(registry?.address ?? '')
  const [plain, setPlain] = useState(registry?.scheme === 'http')
  const [insecure, setInsecure] = useState(registry?.insecure ?? false)
  const [username, setUsername] = useState(registry?.username ?? '')
  const [password, setPassword] = useState('')
  const [hosts, setHosts] = useState<HostSelector[]>(registry?.hosts ?? [{ kind: 'all' }])
  const [ca, setCa] = useState(registry?.ca ?? '')
  const input: RegistryInput = {
    address: address.trim(),
    scheme: plain ? 'http' : 'https',
    ...(plain && insecure ? { insecure } : {}),
    ...(ca.trim() ? { ca } : {}),
    ...(username.trim() ? { username: username.trim() } : {}),
    ...(username.trim() && password ? { password } : {}),
    hosts,
  }
  const test = useMutation({
    mutationFn: () =>
      api.post('/api/registries/test', {
        body: { ...input, ...(registry ? { registryId: registry.id } : {}) },
      }),
  })
  const save = useMutation({
    mutationFn: () =>
      registry
        ? api.put('/api/registries/:registryId', { params: { registryId: registry.id }, body: input })
        : api.post('/api/registries', { body: input }),
    onSuccess: onSaved,
  })
  const errors = { ...fieldErrors(test.error), ...fieldErrors(save.error) }
  const isSameAccount =
    registry?.hasPassword && registry.address === address.trim() && registry.username === username.trim()
  const keepsPassword = isSameAccount && (registry.scheme === 'http') === plain
  const passwordHint = keepsPassword ? t('passwordKept') : isSameAccount ? t('passwordAgain') : undefined
  const changed = () => {
    test.reset()
    save.reset()
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !save.isPending && onClose()}
      title={registry ? t('editTitle', { address: registry.address }) : t('addTitle')}
      description={t('text')}
      onSubmit={() => address.trim() !== '' && save.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={save.isPending}>
            {common('cancel')}
          </Button>
          <Button busy={test.isPending} disabled={address.trim() === ''} onClick={() => test.mutate()}>
            {test.isSuccess && <Check aria-hidden />} {t('test')}
          </Button>
          <Button type="submit" variant="primary" busy={save.isPending} disabled={address.trim() === ''}>
            {t('save')}
          </Button>
        </>
      }
    >
      <Field label={t('address')} hint={t('addressHint')} error={errors.address} required>
        {(props) => (
          <Input
            {...props}
            value={address}
            placeholder="registry.example:5000"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setAddress(event.target.value)
              changed()
            }}
          />
        )}
      </Field>
      <CheckField label={t('plain')} hint={t('plainHint')}>
        {(props) => (
          <Checkbox
            {...props}
            checked={plain}
            onChange={(event) => {
              setPlain(event.target.checked)
              changed()
            }}
          />
        )}
      </CheckField>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={t('username')} hint={t('usernameHint')} error={errors.username}>
          {(props) => (
            <Input
              {...props}
              value={username}
              autoComplete="off"
              onChange={(event) => {
                setUsername(event.target.value)
                changed()
              }}
            />
          )}
        </Field>
        <Field label={t('password')} hint={passwordHint} error={errors.password}>
          {(props) => (
            <Input
              {...props}
              type="password"
              value={password}
              autoComplete="new-password"
              onChange={(event) => {
                setPassword(event.target.value)
                changed()
              }}
            />
          )}
        </Field>
      </div>
      {plain && username.trim() !== '' && (password !== '' || keepsPassword) && (
        <CheckField
          label={t('insecure')}
          hint={errors.insecure ? <span className="text-danger">{errors.insecure}</span> : t('insecureHint')}
        >
          {(props) => (
            <Checkbox
              {...props}
              checked={insecure}
              aria-invalid={errors.insecure !== undefined}
              onChange={(event) => {
                setInsecure(event.target.checked)
                changed()
              }}
            />
          )}
        </CheckField>
      )}
      {username.trim() !== '' && <AccountHosts hosts={hosts} onChange={setHosts} />}
      {!plain && (
        <Field label={t('ca')} hint={t('caHint')} error={errors.ca}>
          {(props) => (
            <Textarea
              {...props}
              className="font-mono text-xs"
              value={ca}
              placeholder="-----BEGIN CERTIFICATE-----"
              onChange={(event) => {
                setCa(event.target.value)
                changed()
              }}
            />
          )}
        </Field>
      )}
      {test.isSuccess && (
        <p role="status" className="text-state-running">
          {t('works')}
        </p>
      )}
      {(test.error ?? save.error) && <ErrorNote error={test.error ?? save.error} />}
    </Dialog>
  )
}
